"""People who move while a list is read."""

from collections.abc import Callable, Mapping

from rundbrief.models import MailingList, Subscriber, address_key
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.reading import pages_of

__all__ = ["MOVES", "Move", "missing_when_moved"]

Move = Callable[[Bench, MailingList, list[str]], None]


def missing_when_moved(bench: Bench, move: Move) -> int:
    """Read four pages, three of whose people move once they have come; return how many others do not come."""
    mailing_list = bench.add_list()
    bench.sandbox.seed(mailing_list.id, pages_of(bench, 4))
    others = bench.true_opt_ins(mailing_list)
    came: list[str] = []
    moved: list[str] = []
    for item in bench.stream(mailing_list):
        if isinstance(item, Subscriber):
            came.append(address_key(item.address))
        elif not moved:
            bench.clock.advance(60)
            moved = came[:3]
            move(bench, mailing_list, moved)
    return len(others.difference(moved, came))


def _delete(bench: Bench, mailing_list: MailingList, people: list[str]) -> None:
    for address in people:
        bench.sandbox.delete(mailing_list.id, address)


def _unsubscribe(bench: Bench, mailing_list: MailingList, people: list[str]) -> None:
    for address in people:
        bench.sandbox.unsubscribe(mailing_list.id, address)


def _change_addresses(bench: Bench, mailing_list: MailingList, people: list[str]) -> None:
    for address in people:
        bench.sandbox.change_address(mailing_list.id, address, bench.somebody())


def _sign_up(bench: Bench, mailing_list: MailingList, people: list[str]) -> None:
    bench.signed_up(mailing_list, len(people))


MOVES: Mapping[str, Move] = {
    "are deleted": _delete,
    "unsubscribe": _unsubscribe,
    "change their addresses": _change_addresses,
    "sign up": _sign_up,
}
"""What happens to three people in the middle of a read."""
