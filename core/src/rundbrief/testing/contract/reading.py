"""Level *correct*, second room: what is read."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from rundbrief.errors import SignInAgain
from rundbrief.fields import CrmField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import Evidence, FieldValue, Subscriber, SubscriberStatus, address_key
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame
from rundbrief.testing.contract.rules import expect

__all__ = ["UNUSUAL", "ReadingCorrectly"]

LISTS = 60
"""More than services send in one page of lists."""

UNUSUAL = (
    "Anna.Upper-Case@Example.ORG",
    "jo+news@example.org",
    "o'neill@example.org",
    "under_score=and%percent@example.org",
    "jörg.müller@example.org",
    "post@münchen.example",
    "用户@example.org",
    f"{'l' * 64}@example.org",
)
"""Addresses that people do have, and that URLs, queries and comparisons of texts stumble over."""

FROM_A_SERVICE = frozenset(SubscriberStatus) - {SubscriberStatus.ABSENT, SubscriberStatus.GONE}


class ReadingCorrectly(Frame):
    def test_c06_every_list_comes(self, bench: Bench) -> None:
        """`import_lists` yields every list once, with its id, its name and whether it asks for confirmation.

        There are more lists than fit into a page.

        Why: a list that does not come has no opt-in field, and its people look as if they had never signed up.
        """
        names = {bench.sandbox.add_list(f"List {number}"): f"List {number}" for number in range(LISTS)}
        found = list(bench.provider.import_lists(bench.session))
        here = {one.id: one.name for one in found if one.id in names}
        expect(here == names, f"{len(here)} of {LISTS} lists came with the right id and name.")
        expect(len({one.id for one in found}) == len(found), "A list came twice.")
        expect(not any(one.double_opt_in for one in found if one.id in names), "A list is said to need a click.")

    def test_c07_every_item_is_of_its_type(self, bench: Bench) -> None:
        """Everything that is yielded is what the models say, down to the values in it.

        Texts are `str`, ids are not empty, times know their time zone, a status is one that a service can know,
        fields hold what `FieldValue` allows.

        Why: the facade checks items, not what is in them. A number for an id would be another id once it has
        been through the database, and a time without a zone cannot be compared with any other.
        """
        mailing_list = bench.add_list()
        addresses = bench.signed_up(mailing_list, 3)
        bench.sandbox.unsubscribe(mailing_list.id, addresses[0])
        reading = bench.read(mailing_list)
        expected = addresses[1:] if bench.forgets else addresses
        expect(len(reading.by_address) == len(expected), "Not everybody came.")
        for one in reading.subscribers:
            _expect_types(one)
        expect(all(map(_is_text, reading.cursors)), "A cursor is no text.")

    def test_c08_an_empty_list_is_read_to_its_end(self, bench: Bench) -> None:
        """A list without anybody yields nobody, and a checkpoint from which the next read goes on.

        Why: every list is empty on its first day. Without a checkpoint each later import would read everything.
        """
        mailing_list = bench.add_list()
        reading = bench.read(mailing_list)
        expect(not reading.subscribers, "Somebody came from an empty list.")
        expect(reading.cursors, "There was no checkpoint.")
        later = bench.read(mailing_list, reading.cursors[-1])
        expect(later.cursors, "There was no checkpoint when the read went on.")

    def test_c09_every_page_comes(self, bench: Bench) -> None:
        """Of a list of many pages everybody comes, a checkpoint stands after each page, and one at the very end.

        Why: who does not come in a complete read is taken as gone, and gone is withdrawn.
        """
        mailing_list = bench.add_list()
        bench.sandbox.seed(mailing_list.id, pages_of(bench, 6))
        items = list(bench.stream(mailing_list))
        came = {address_key(one.address) for one in items if isinstance(one, Subscriber)}
        missing = bench.true_opt_ins(mailing_list) - came
        expect(not missing, f"{len(missing)} recipients did not come.")
        checkpoints = [one for one in items if not isinstance(one, Subscriber)]
        expect(len(checkpoints) >= 6, f"Six pages and more had {len(checkpoints)} checkpoints.")
        expect(items[-1] in checkpoints, "The stream does not end with a checkpoint.")

    def test_c10_the_next_read_tells_what_has_changed(self, bench: Bench) -> None:
        """Who signs up or unsubscribes after a complete read comes when the next one begins at its last cursor.

        Why: imports between two complete ones see nothing else. A "no" that they miss is a mail too many.
        """
        mailing_list = bench.add_list()
        stays, leaves = bench.signed_up(mailing_list, 2)
        cursor = bench.read(mailing_list).cursors[-1]
        bench.clock.advance(3600)
        bench.sandbox.unsubscribe(mailing_list.id, leaves)
        (comes,) = bench.signed_up(mailing_list)
        bench.clock.advance(3600)
        found = bench.read(mailing_list, None if bench.forgets else cursor)
        expect(address_key(comes) in found.opted_in(), "Who signed up did not come.")
        left = found.by_address.get(address_key(leaves))
        expect(
            left.status is SubscriberStatus.UNSUBSCRIBED if left else bench.forgets,
            "Who unsubscribed did not come as such.",
        )
        kept = found.by_address.get(address_key(stays))
        expect(not kept or kept.status is SubscriberStatus.SUBSCRIBED, "Who stayed came with another status.")

    def test_c11_unusual_addresses_come_as_they_are(self, bench: Bench) -> None:
        """Capitals, plus signs, quotes, percent signs, umlauts and long names arrive letter by letter.

        Compared as `address_key` does: a service may change the case.

        Why: an address that is read as another one is a contact that is not found, and an opt-out that is not
        noticed.
        """
        mailing_list = bench.add_list()
        for address in UNUSUAL:
            bench.sandbox.subscribe(mailing_list.id, address)
        wanted = {address_key(address) for address in UNUSUAL}
        missing = wanted - bench.read(mailing_list).opted_in()
        expect(not missing, f"They did not come: {', '.join(sorted(missing))}")

    def test_c12_fields_are_mapped_and_none_is_made(self, bench: Bench) -> None:
        """A wish for a remote field that the list does not have is a problem in words; nothing is created.

        A wish for one that is there gets exactly that one.

        Why: a mistyped key in rundbrief.toml must be told, and looking at the map must not change an account.
        """
        mailing_list = bench.add_list()
        bench.sandbox.requests.reset()
        there = [link.remote for link in bench.field_map(mailing_list).links]
        wishes = [FieldWish(CrmField("shoe_size", "Shoe size"), "NO_SUCH_FIELD")]
        wishes += [FieldWish(CrmField("shoe_colour", "Shoe colour"), one.key) for one in there[:1]]
        found = bench.provider.map_custom_fields(bench.session, mailing_list, wishes)
        expect(len(found.problems) == 1, f"One wish cannot be met, and {len(found.problems)} problems are told.")
        named = [(link.crm_key, link.remote.key) for link in found.links]
        expect(named == [("shoe_colour", one.key) for one in there[:1]], f"The map is {named}.")
        again = [one.remote for one in bench.provider.map_custom_fields(bench.session, mailing_list, []).links]
        expect(again == [], "Fields are mapped that nobody wished for.")

    def test_c13_the_connection_can_be_checked(self, bench: Bench) -> None:
        """`check_connection` returns the account's name at the cost of a request or two; a wrong key is told.

        Why: it is the first thing that anybody does after writing a configuration.
        """
        if "check_connection" not in bench.provider.capabilities:
            pytest.skip(f"{bench.provider.info.title} has no check_connection.")
        bench.sandbox.requests.reset()
        expect(bench.provider.check_connection(bench.session), "The account has no name.")
        expect(len(bench.sandbox.requests) <= 3, "It takes more than a request or two, and one for a token.")
        wrong = {name: f"wrong{secret[5:]}" for name, secret in bench.sandbox.environ().items()}
        try:
            bench.provider.check_connection(bench.connect(environ=wrong))
        except SignInAgain:
            return
        raise AssertionError("A wrong key passes for a good one.")


def pages_of(bench: Bench, pages: int) -> int:
    """Return how many recipients fill so many pages, or skip the rule where one page holds everybody."""
    page = bench.page_size()
    if page is None:
        pytest.skip("The service sends everybody in one page.")
    return (pages - 1) * page + page // 10 + 1


def _expect_types(one: Subscriber) -> None:
    expect(_is_text(one.address) and "@" in one.address, "An address is none.")
    expect(_is_text(one.remote_id), "A remote id is no text, or empty.")
    expect(one.status in FROM_A_SERVICE, f"{one.status!r} is not for a service to say.")
    _expect_evidence(one.evidence)
    for key, value in one.fields.items():
        expect(_is_text(key), "A field has no key.")
        expect(_is_field_value(value), f"The field {key!r} holds a {type(value).__name__}.")
    for ids in (one.lists, one.left):
        expect(isinstance(ids, frozenset), "Ids of lists come as something else than a frozenset.")
        expect(all(map(_is_text, ids)), "The id of a list is no text, or empty.")


def _expect_evidence(evidence: Evidence) -> None:
    expect(evidence.at is None or evidence.at.tzinfo is not None, "A time does not know its time zone.")
    expect(isinstance(evidence.source, str), "A source is no text.")
    expect(evidence.ip is None or isinstance(evidence.ip, str), "An IP address is no text.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_field_value(value: FieldValue) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(each, str) for each in value)
    return isinstance(value, str | bool | int | Decimal | date | datetime)
