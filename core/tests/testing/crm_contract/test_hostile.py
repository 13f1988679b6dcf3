"""Each rule for CRMs is worth something: a card box that breaks it, and nothing else, fails it alone.

A hostile card box is the correct one with one change. Most of these are mistakes that are easily made.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from textwrap import dedent, indent

import pytest

from rundbrief.testing.contract import Verdict
from rundbrief.testing.crm_contract import CRM_RULES, check_crm

EVERY_RULE = "RUNDBRIEF_EVERY_RULE" in os.environ
"""Whether each hostile CRM is put through all rules, which takes minutes."""

ALONE = frozenset({"C04", "R01", "R02", "R03", "R05", "R08", "R10", "T07"})
"""Rules that take long are else tried out on those who break them only."""

Change = tuple[str, str]
"""A text of the correct card box, and what stands there instead."""

IMPORTS = "from collections.abc import Iterator"
ERRORS = "from rundbrief.errors import InputError"
DECODE = "        return load(schema, response.json())\n"
REQUEST = "        response = self.http.request(method, path, idempotent=True, **more)\n"
PAGE = '            page = self.ask("GET", "/cards", params={"after": after})\n'
START = '        after, more = "0", True\n'
COMES = "                one = contact(row, types)\n"
EACH = "        return [one for one in changes if not self.set_opt_in(one)]\n"
PATCH = '        made: bool = self.ask("PATCH", f"/cards/{change.contact_id}", MadeSchema, json=body)["made"]\n'
OPENED = 'def open_crm(settings: Mapping[str, Any], http: HttpClient) -> "Cardbox":\n    return Cardbox(http)\n'


def lines(line: str, code: str) -> Change:
    """Put other lines in a line's place, at its depth; LINE among them is the line itself."""
    depth = len(line) - len(line.lstrip())
    return line, indent(dedent(code).replace("LINE", line.strip()), " " * depth)


def importing(code: str) -> Change:
    return IMPORTS, f"{code}\n{IMPORTS}"


def opened_with(value: str, parameter: str = "") -> Sequence[Change]:
    """Let the card box know one thing more, which may need one parameter more of the hook."""
    opened = OPENED.replace("http: HttpClient)", f"http: HttpClient{parameter})").replace(
        "(http)", f"(http, {value})"
    )
    return [
        (OPENED, opened),
        (
            "def __init__(self, http: HttpClient) -> None:",
            "def __init__(self, http: HttpClient, more: Any) -> None:",
        ),
        ("        self.http = http\n", "        self.http = http\n        self.more = more\n"),
    ]


CORRECT: Mapping[str, Sequence[Change]] = {
    # needs what is not installed
    "C01": [importing("import card_catalogue")],
    # was written for other specs
    "C02": [("        concurrency=2,\n", "        concurrency=2,\n        spec_version=2,\n")],
    # takes a parameter by keyword only
    "C03": [("open_crm(settings: Mapping[str, Any], http", "open_crm(settings: Mapping[str, Any], *, http")],
    # looks for the service at once
    "C04": [importing('import socket\nwith socket.socket() as line:\n    line.connect_ex(("127.0.0.1", 9))\n')],
    # wants a setting that nobody knows
    "C05": [("    key = SecretField(required=True)", "    token = SecretField(required=True)")],
    # does not say whose card box it is
    "C06": [("        return name\n", "        return name[:0]\n")],
    # keeps the name that a list had first
    "C07": [("there.get(one.key) != one.label", "one.key not in there")],
    # counts whole pages
    "C08": [
        lines(
            "        return sum(1 for _ in self.contacts(selection))\n",
            """\
            people = sum(1 for _ in self.contacts(selection))
            return people // 20 * 20 if selection.is_everything else people
            """,
        )
    ],
    # takes numbers for texts
    "C09": [("        return Decimal(value)\n", "        return str(value)\n")],
    # takes silence for a no
    "C10": [
        importing("from dataclasses import replace"),
        lines(
            COMES,
            """\
            LINE
            if not one.opt_ins:
                one = replace(one, opt_ins={"news/1": CrmOptIn(OptIn.NO)})
            """,
        ),
    ],
    # adds where it should narrow down
    "C11": [("chosen = chosen & part if chosen else part", "chosen = chosen | part")],
    # takes a misspelt campaign for an empty one
    "C12": [('        raise InputError("The card box has no such campaign.")\n'.lstrip(), "return set()\n")],
    # finds one of those who share an address
    "C13": [
        (
            'found.setdefault(address_key(one.email or ""), []).append(one)',
            'found[address_key(one.email or "")] = [one]',
        )
    ],
    # remembers whom it has found
    "C14": [
        (
            "        self.http = http\n",
            "        self.http = http\n        self.found: dict[str, list[Contact]] = {}\n",
        ),
        lines(
            "        found: dict[str, list[Contact]] = {}\n",
            """\
            wanted, found = {address_key(one) for one in addresses}, self.found
            addresses = [one for one in addresses if address_key(one) not in found]
            """,
        ),
        ("        return found\n", "        return {key: found[key] for key in wanted if key in found}\n"),
    ],
    # counts nobody
    "C15": [("Campaign(key, name, len(cards))", "Campaign(key, name, 0)")],
    # writes every address in small letters
    "C16": [('"mail": new.email,', '"mail": new.email.lower(),')],
    # leaves whoever is there as she is
    "C17": [("if there and there[0].opt_in(new.opt_in_key).value is not OptIn.UNKNOWN:", "if there:")],
    # sets one opt-in of each contact
    "C18": [lines(EACH, "changes = list({one.contact_id: one for one in changes}.values())\nLINE\n")],
    # gives up at the second who is gone
    "C19": [
        lines(
            EACH,
            """\
            unmade: list[OptInChange] = []
            for number, one in enumerate(changes):
                if not self.set_opt_in(one):
                    unmade.append(one)
                if len(unmade) == 2:
                    return [*unmade, *changes[number + 1 :]]
            return unmade
            """,
        )
    ],
}

ROBUST: Mapping[str, Sequence[Change]] = {
    # calls it a day when it should wait for long
    "R01": [
        (ERRORS, f"{ERRORS}, RateLimited"),
        lines(PAGE, "try:\n    LINE\nexcept RateLimited:\n    return\n"),
    ],
    # takes a service that is down for the end
    "R02": [
        (ERRORS, f"{ERRORS}, ServiceUnavailable"),
        lines(PAGE, "try:\n    LINE\nexcept ServiceUnavailable:\n    return\n"),
    ],
    # takes a page of HTML for an empty one
    "R03": [
        lines(
            DECODE,
            """\
            if response.content.startswith(b"<"):
                return {"rows": [], "more": False, "name": "", "id": "1", "made": True}
            LINE
            """,
        )
    ],
    # makes a card anew whenever it is asked
    "R04": [
        ('body = {"mail": new.email,', 'body = {"double": not there, "mail": new.email,'),
        lines(
            "        return [self.create(one, there.get(address_key(one.email), ())) for one in new]\n",
            """\
            missing = {address_key(one.email): one for one in reversed(new)}
            made = {key: self.create(one, there.get(key, ())) for key, one in missing.items()}
            return [made[address_key(one.email)] for one in new]
            """,
        ),
    ],
    # goes on where the last look has ended
    "R05": [
        importing("from pathlib import Path"),
        *opened_with('folder / "after"', ", folder: Path"),
        (START, '        after, more = self.more.read_text() if self.more.exists() else "0", True\n'),
        (
            "                    yield one\n",
            '                    yield one\n            self.more.write_text(after if more else "0")\n',
        ),
    ],
    # counts how many it has seen
    "R06": [
        (START, '        after, more, seen = "0", True, 0\n'),
        (
            PAGE,
            PAGE.replace('{"after": after}', '{"skip": seen}').rstrip()
            + '\n            seen += len(page["rows"])\n',
        ),
    ],
    # says that the service is strange when the key is wrong
    "R07": [
        (ERRORS, f"{ERRORS}, SignInAgain"),
        lines(
            REQUEST,
            """\
            try:
                LINE
            except SignInAgain:
                raise ProtocolError("The card room answered 401.") from None
            """,
        ),
    ],
    # has connections of its own
    "R08": [
        importing("from concurrent.futures import ThreadPoolExecutor"),
        ("import WireSchema, load", "import AccountLimits, RetryPolicy, WireSchema, load, open_client"),
        *opened_with('Endpoint(settings["base_url"], HeaderAuth(settings["key"]))'),
        lines(
            EACH,
            """\
            limits, retry = AccountLimits(6), RetryPolicy(total_seconds=0)
            with open_client(self.more, limits=limits, retry=retry) as own, ThreadPoolExecutor(6) as pool:
                asked = [pool.submit(own.get, "/me") for _ in range(6 if len(changes) > 9 else 0)]
            assert all(one.exception() or one.result() for one in asked)
            LINE
            """,
        ),
    ],
    # makes fields that are there
    "R09": [("if there.get(one.key) != one.label:", "if there is not None:")],
    # logs whom it makes a card for
    "R10": [
        importing("import logging"),
        (
            '        opt_in = {"key": new',
            '        logging.getLogger("cardbox").debug("new: %s", new.email)\n        opt_in = {"key": new',
        ),
    ],
}

TRUSTWORTHY: Mapping[str, Sequence[Change]] = {
    # tidies up
    "T01": [
        lines(
            PATCH,
            """\
            there = self.by_ids([change.contact_id]).values()
            texts = {key: value for one in there for key, value in one.fields.items() if isinstance(value, str)}
            body["data"] = {key: value.strip() for key, value in texts.items() if value != value.strip()}
            LINE
            """,
        )
    ],
    # writes back what it has read
    "T02": [
        lines(
            PATCH,
            """\
            there = self.by_ids([change.contact_id]).values()
            texts = {key: value for one in there for key, value in one.fields.items() if isinstance(value, str)}
            body["data"] = texts
            LINE
            """,
        )
    ],
    # looks first, and then insists
    "T03": [
        lines(
            PATCH,
            """\
            there = self.by_ids([change.contact_id])
            if not there or there[change.contact_id].opt_in(change.key).value is not change.expected:
                return False
            body["force"] = True
            LINE
            """,
        )
    ],
    # takes a subscriber's data over
    "T04": [('body = {"mail": new.email,', 'body = {"overwrite": True, "mail": new.email,')],
    # brings back whoever was there a moment ago
    "T05": [
        lines(
            PATCH,
            """\
            there = self.by_ids([change.contact_id])
            LINE
            if there and not self.by_ids([change.contact_id]):
                self.ask(
                    "POST",
                    "/cards",
                    IdSchema,
                    json={"mail": there[change.contact_id].email, "data": {}, "opt_in": body},
                )
            """,
        )
    ],
    # takes the day of the import for that of the wish
    "T06": [("opt_in.since.isoformat() if opt_in.since else None", '"2026-11-23T00:00:00+00:00"')],
    # keeps everybody it has read
    "T07": [
        ("class CardboxSettings", "SEEN = []\n\n\nclass CardboxSettings"),
        lines(COMES, "LINE\nSEEN.append(one)\n"),
    ],
}

HOSTILE = {**CORRECT, **ROBUST, **TRUSTWORTHY}
"""Rule -> what makes the correct card box break it."""


def beside(number: str) -> set[str]:
    """Return a rule, and those that its breaker is to keep: all, or every third, others for each breaker."""
    numbers = [rule.number for rule in CRM_RULES]
    if EVERY_RULE:
        return set(numbers)
    return set(numbers[numbers.index(number) % 3 :: 3]) - ALONE | {number}


def test_every_rule_has_somebody_who_breaks_it() -> None:
    assert list(HOSTILE) == [rule.number for rule in CRM_RULES]


@pytest.mark.parametrize("number", HOSTILE)
def test_a_hostile_crm_fails_its_rule_alone(install: Callable[[Sequence[Change]], None], number: str) -> None:
    install(HOSTILE[number])
    report = check_crm("cardbox", rules=beside(number), crowd=2_000, many=50)
    assert [one.rule.number for one in report.of(Verdict.FAILED)] == [number]
