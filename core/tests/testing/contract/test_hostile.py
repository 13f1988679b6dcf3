"""Each rule of the contract is worth something: a provider that breaks it, and nothing else, fails it alone.

A hostile provider is the correct one with one change. Most of these are mistakes that are easily made.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from textwrap import dedent, indent

import pytest

from rundbrief.testing.contract import RULES, Verdict, check_provider

CROWD = 2_000

EVERY_RULE = "RUNDBRIEF_EVERY_RULE" in os.environ
"""Whether each hostile provider is put through all rules, which takes minutes."""

ALONE = frozenset({"C04", "R12", "T07"})
"""Rules that take long are else tried out on those who break them only."""

Change = tuple[str, str]
"""A text of the correct provider, and what stands there instead."""

READ = "        page = people(session, mailing_list, since=since, after=after)\n"
COMES = "            yield subscriber(row)\n"
ERASE = '    answer = ask(session, "POST", f"/lists/{mailing_list.id}/erase", json=rows, idempotent=True)\n'
SEND = '    answer = ask(session, "POST", path + kind.value, json=rows, idempotent=may_be_repeated)\n'
DECODE = "    return load(schema, response.json())\n"
IMPORTS = "import json\nfrom collections.abc import Iterator"
ERRORS = "from rundbrief.errors import ListUnknown"


def reading(code: str) -> Change:
    """Read a page in another way."""
    return READ, indent(dedent(code), " " * 8)


def sending(code: str) -> Change:
    """Send a batch in another way; SEND is the right one."""
    return SEND, indent(dedent(code).replace("SEND", SEND.strip()), " " * 4)


def erasing(code: str) -> Change:
    """Erase in another way; ERASE is the right one."""
    return ERASE, indent(dedent(code).replace("ERASE", ERASE.strip()), " " * 4)


def importing(code: str) -> Change:
    return IMPORTS, f"{code}\n{IMPORTS}"


CORRECT: Mapping[str, Sequence[Change]] = {
    # needs what is not installed
    "C01": [importing("import pigeon_basket")],
    # was written for other specs
    "C02": [("        concurrency=2,\n", "        concurrency=2,\n        spec_version=2,\n")],
    # takes a parameter by keyword only
    "C03": [("def check_connection(session: Session)", "def check_connection(*, session: Session)")],
    # looks for the service at once
    "C04": [importing('import socket\nwith socket.socket() as line:\n    line.connect_ex(("127.0.0.1", 9))\n')],
    # wants a setting that nobody knows
    "C05": [("    secret = SecretField(required=True)", "    token = SecretField(required=True)")],
    # stops after the first page of lists
    "C06": [('more = page + 1, answer["more"]', "more = page + 1, False")],
    # yields ids as numbers
    "C07": [('row["mail"], str(row["id"]),', 'row["mail"], row["id"],')],
    # leaves an empty list without a checkpoint
    "C08": [("        yield Checkpoint(", '        if page["rows"] or since:\n            yield Checkpoint(')],
    # overlooks one of fifty
    "C09": [(COMES, f'            if row["id"] % 50 == 49:\n                continue\n{COMES}')],
    # begins the next read too late
    "C10": [("if more else [began, 0, 0]", "if more else [began + 999, 0, 0]")],
    # takes addresses for ASCII
    "C11": [('Subscriber(row["mail"],', 'Subscriber(row["mail"].encode("ascii", "ignore").decode(),')],
    # says nothing about a field that is not there
    "C12": [("if key and key not in there)", "if key and not there)")],
    # knows the account's name by heart
    "C13": [('    name: str = ask(session, "GET", "/me", MeSchema)["name"]\n', '    name = "Loft"\n')],
    # takes somebody who was there already for new
    "C14": [('if row["code"] == "ok" else', 'if row["code"] in ("ok", "exists") else')],
    # takes somebody who is not there for changed
    "C15": [('if row["code"] == "ok" else', 'if row["code"] in ("ok", "missing") else')],
    # hides whom it should withdraw
    "C16": [
        sending("""\
            if kind is WriteKind.WITHDRAW:
                kind, rows = WriteKind.UPDATE, [{**row, "status": "archived"} for row in rows]
            SEND
            """)
    ],
    # subscribes whom it should ask
    "C17": [
        sending("""\
            if kind is WriteKind.CONFIRM:
                kind, rows = WriteKind.UPDATE, [{**row, "status": "subscribed"} for row in rows]
            SEND
            """)
    ],
    # sends fewer than it says it can
    "C18": [
        sending("""\
            late, rows = rows[19:], rows[:19]
            SEND
            answer["rows"] += [{"key": row["key"], "code": "ok", "id": 1} for row in late]
            """)
    ],
    # puts an address into a form as it is
    "C19": [sending('rows = [{**row, "mail": row["mail"].replace("+", " ")} for row in rows]\nSEND\n')],
    # puts everybody on the list whose data it updates
    "C20": [("WIDE = False", "WIDE = True"), ('"join": write.join,', '"join": True,')],
    # leaves out the data of whoever gets a new address
    "C21": [
        (
            "for key, value in write.fields.items()},",
            "for key, value in write.fields.items() if not write.new_address},",
        )
    ],
    # forgets which keys it has just given
    "C22": [("        taken.append(key)\n", "")],
    # takes the new choices for all of them
    "C23": [("    longer = [*field.choices, *choices]\n", "    longer = list(choices)\n")],
    # knows people by their ids alone
    "C24": [
        erasing("""\
            rows = [row for row in rows if row["id"]]
            ERASE
            answer["rows"] += [{"key": write.key, "code": "missing"} for write in batch if not write.remote_id]
            """)
    ],
    # puts an address into a form as it is
    "C25": [
        erasing("""\
            rows = [{**row, "mail": row["mail"].replace("+", " ")} for row in rows]
            ERASE
            """)
    ],
}

ROBUST: Mapping[str, Sequence[Change]] = {
    # counts before it reads
    "R01": [
        (
            "    more = True\n",
            """\
    for _ in range(3):
        rows = people(session, mailing_list, since=since, after=after)["rows"]
        if not rows:
            break
        after = rows[-1]["id"]
    since, after, began = json.loads(cursor) if cursor else (0, 0, 0)
    more = True
""",
        )
    ],
    # calls it a day when it should wait for long
    "R02": [
        (ERRORS, f"{ERRORS}, RateLimited"),
        reading("""\
            try:
                page = people(session, mailing_list, since=since, after=after)
            except RateLimited as error:
                if error.retry_after:
                    return
                raise
            """),
    ],
    # calls it a day when it is not told how long to wait
    "R03": [
        (ERRORS, f"{ERRORS}, RateLimited"),
        reading("""\
            try:
                page = people(session, mailing_list, since=since, after=after)
            except RateLimited as error:
                if error.retry_after is None:
                    return
                raise
            """),
    ],
    # takes a service that is down for the end of the list
    "R04": [
        (ERRORS, f"{ERRORS}, ServiceUnavailable"),
        reading("""\
            try:
                page = people(session, mailing_list, since=since, after=after)
            except ServiceUnavailable:
                return
            """),
    ],
    # takes a page of HTML for an empty one
    "R05": [
        (
            DECODE,
            '    if response.content.startswith(b"<"):\n        return {"rows": [], "more": False, "now": 1}\n'
            + DECODE,
        )
    ],
    # takes half an object for an empty one
    "R06": [
        (
            DECODE,
            '    if response.content.startswith(b"{") and not response.content.endswith(b"}"):\n'
            f'        return {{"rows": [], "more": False, "now": 1}}\n{DECODE}',
        )
    ],
    # insists when an answer is lost
    "R07": [
        (ERRORS, f"{ERRORS}, ServiceUnavailable"),
        sending("""\
            try:
                SEND
            except ServiceUnavailable:
                rows = [{**row, "overwrite": True} for row in rows]
                SEND
            """),
    ],
    # has a token of its own, and no other
    "R08": [
        ('OAuth(f"{base}/token", "pigeon-fancier", settings["secret"])', 'HeaderAuth(settings["secret"])'),
        ("import Endpoint, OAuth, Session", "import Endpoint, HeaderAuth, Session"),
    ],
    # counts how many it has seen
    "R09": [
        reading("page = people(session, mailing_list, since=since, skip=after)\n"),
        ('            after = row["id"]\n', "            after += 1\n"),
    ],
    # gives a batch up for one bad row
    "R10": [
        sending("""\
            SEND
            if any(row["code"] == "invalid" for row in answer["rows"]):
                answer["rows"] = []
            """)
    ],
    # goes on one behind where it was
    "R11": [("json.dumps([since, after, began] if more", "json.dumps([since, after + 1, began] if more")],
    # has connections of its own
    "R12": [
        importing("from concurrent.futures import ThreadPoolExecutor"),
        ("import WireSchema, load", "import AccountLimits, RetryPolicy, WireSchema, load, open_client"),
        sending("""\
            if kind is WriteKind.UPDATE:
                limits, retry = AccountLimits(6), RetryPolicy(total_seconds=0)
                with open_client(endpoint(session.settings), limits=limits, retry=retry) as own:
                    with ThreadPoolExecutor(6) as pool:
                        asked = [pool.submit(own.get, "/me") for _ in range(6)]
                    assert all(one.exception() or one.result() for one in asked)
            SEND
            """),
    ],
    # logs whom it writes to
    "R13": [
        importing("import logging"),
        sending("""\
            logging.getLogger("pigeon").debug("%s: %s", kind, [row["mail"] for row in rows])
            SEND
            """),
    ],
    # takes the lost answer to an erasure for a good one
    "R14": [
        (ERRORS, f"{ERRORS}, ServiceUnavailable"),
        erasing("""\
            try:
                ERASE
            except ServiceUnavailable:
                answer = {"rows": [{"key": row["key"], "code": "ok"} for row in rows]}
            """),
    ],
}

TRUSTWORTHY: Mapping[str, Sequence[Change]] = {
    # writes back the status that it has just read
    "T01": [
        sending("""\
            may_be_repeated = False
            if kind is WriteKind.UPDATE:
                was = {row["id"]: row["status"] for row in people(session, mailing_list)["rows"]}
                rows = [{**row, "status": was[row["id"]]} if row["id"] in was else row for row in rows]
            SEND
            """)
    ],
    # gives bounced addresses another chance
    "T02": [
        sending("""\
            if kind is WriteKind.UPDATE:
                seen = people(session, mailing_list)["rows"]
                bounced = {row["id"] for row in seen if row["status"] == "bounced"}
                rows = [{**row, "status": "subscribed"} if row["id"] in bounced else row for row in rows]
            SEND
            """)
    ],
    # reads a bounced address as an opt-in
    "T03": [('STATUS[row["status"]]', 'STATUS[row["status"].replace("bounced", "subscribed")]')],
    # adds whom it does not find
    "T04": [
        sending("""\
            SEND
            missing = {row["key"] for row in answer["rows"] if row["code"] == "missing"}
            if kind is WriteKind.UPDATE:
                ask(session, "POST", f"{path}create", json=[row for row in rows if row["key"] in missing])
            """)
    ],
    # forgets when and how
    "T05": [('Evidence(datetime.fromisoformat(row["at"]), row["source"])', "Evidence()")],
    # moves people by adding them anew
    "T06": [
        sending("""\
            moving = [{**row, "new_mail": None} for row in rows if row["new_mail"]]
            if moving:
                ask(session, "POST", f"{path}delete", json=moving)
                new = [{**row, "mail": row["new_mail"]} for row in rows if row["new_mail"]]
                ask(session, "POST", f"{path}create", json=new)
                rows = [{**row, "mail": row["new_mail"] or row["mail"], "id": 0, "new_mail": None} for row in rows]
            SEND
            """)
    ],
    # keeps everybody it has read
    "T07": [
        ("GUESSES = {", "SEEN = []\nGUESSES = {"),
        (COMES, f"            SEEN.append(subscriber(row))\n{COMES}"),
    ],
    # subscribes at once on a list that asks first
    "T08": [
        sending("""\
            if kind is WriteKind.CREATE:
                rows = [{**row, "status": "subscribed"} for row in rows]
            SEND
            """)
    ],
    # erases whomever it once knew by the address
    "T09": [erasing('rows = [{**row, "anyway": True} for row in rows]\nERASE\n')],
    # says nothing of keeping out whom it has erased
    "T10": [
        ("GUESSES = {", "OUT = set()\nGUESSES = {"),
        erasing("OUT.update(write.address for write in batch)\nERASE\n"),
        sending("""\
            out = [row["key"] for row in rows if row["mail"] in OUT]
            rows = [row for row in rows if row["mail"] not in OUT]
            SEND
            answer["rows"] += [{"key": key, "code": "ok", "id": 1} for key in out]
            """),
    ],
}

HOSTILE = {**CORRECT, **ROBUST, **TRUSTWORTHY}
"""Rule -> what makes the correct provider break it."""


def beside(number: str) -> set[str]:
    """Return a rule, and those that its breaker is to keep: all, or every third, others for each breaker."""
    numbers = [rule.number for rule in RULES]
    if EVERY_RULE:
        return set(numbers)
    return set(numbers[numbers.index(number) % 3 :: 3]) - ALONE | {number}


def test_every_rule_has_somebody_who_breaks_it() -> None:
    assert list(HOSTILE) == [rule.number for rule in RULES]


@pytest.mark.parametrize("number", HOSTILE)
def test_a_hostile_provider_fails_its_rule_alone(install: Callable[[Sequence[Change]], None], number: str) -> None:
    install(HOSTILE[number])
    report = check_provider("pigeon", rules=beside(number), crowd=CROWD)
    assert [one.rule.number for one in report.of(Verdict.FAILED)] == [number]
