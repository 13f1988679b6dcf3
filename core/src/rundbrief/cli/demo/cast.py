"""Who is where when the demo begins: in the CRM's CSV file, and at the newsletter service."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rundbrief.cli.demo.people import Person, people

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["EVENTS", "LETTER", "Cast", "Lists", "open_lists", "sign_up", "write_contacts", "write_fair_sheet"]

LETTER = "Kundenbrief"
"""The list of the story: whoever signs up is subscribed at once."""

EVENTS = "Veranstaltungen"
"""A list with double opt-in: whoever signs up has to confirm by mail."""

COMPANY = "Möbelhaus Süd GmbH"


class Cast:
    """The people of the story, by the part they play."""

    def __init__(self) -> None:
        everybody = people(366)
        self.readers = everybody[:230]
        """On the letter's list at the service; the first 130 are known to the CRM."""
        self.known_readers = self.readers[:130]
        self.left_earlier = (*everybody[120:126], *everybody[200:206])
        """Of those, who has unsubscribed before the story begins: six whom the CRM knows, six it does not."""
        self.nameless = everybody[10:15]
        """Readers who gave no name at the sign-up form: the CRM knows better."""
        self.will_leave = everybody[20:24]
        self.guests = everybody[90:130]
        """Signed up for the events; the last seven have not confirmed."""
        self.not_confirmed = self.guests[-7:]
        self.silent = everybody[290:360]
        """Only in the CRM, and nobody ever asked them."""
        self.companies = [replace(one, first_name="", last_name="", company=COMPANY) for one in everybody[40:44]]
        """Cards of a company with the address of somebody who is in the CRM as a person as well."""
        self.slips = [replace(everybody[365], email="leonie.kuehn(at)post.example")]
        """What stands as their e-mail address is none."""
        self.visitors = everybody[230:290]
        """Ticked the letter's box on a sheet of paper at a fair; half of them were in the CRM before."""
        self.without_address = [replace(one, email="") for one in everybody[360:364]]
        """Ticked it as well, and left no address."""
        family = replace(everybody[364], email="familie.vogt@example.net", last_name="Vogt")
        self.couple = (replace(family, first_name="Ute"), replace(family, first_name="Götz"))
        """Share an address: she ticked the box, he said no."""

    @property
    def in_crm(self) -> Sequence[Person]:
        """The CRM's spreadsheet, with three people in it twice."""
        return (
            *self.known_readers,
            *self.visitors[:30],
            *self.silent,
            *self.companies,
            *self.known_readers[50:53],
        )

    @property
    def new_readers(self) -> int:
        """Readers whom the CRM does not know, and who have not left."""
        return len(set(self.readers) - set(self.known_readers) - set(self.left_earlier))


@dataclass(frozen=True, slots=True)
class Lists:
    """The ids of the two lists at the service."""

    letter: str
    events: str


def open_lists(sandbox: "Sandbox") -> Lists:
    """Make the two lists, still without subscribers."""
    return Lists(sandbox.add_list(LETTER), sandbox.add_list(EVENTS, double_opt_in=True))


def sign_up(sandbox: "Sandbox", lists: Lists, cast: Cast, keys: Mapping[str, str]) -> None:
    """Let everybody act who has acted before the story begins.

    Args:
        keys: how the service calls the fields `first_name` and `last_name`.
    """
    for one in cast.readers:
        sandbox.subscribe(lists.letter, one.email, {} if one in cast.nameless else _fields(one, keys))
    for one in cast.left_earlier:
        sandbox.unsubscribe(lists.letter, one.email)
    for one in cast.guests:
        sandbox.subscribe(lists.events, one.email, _fields(one, keys))
        if one not in cast.not_confirmed:
            sandbox.confirm(lists.events, one.email)


def _fields(one: Person, keys: Mapping[str, str]) -> dict[str, str]:
    names = {"first_name": one.first_name, "last_name": one.last_name}
    return {keys[key]: name for key, name in names.items() if key in keys}


def write_contacts(path: Path, cast: Cast) -> None:
    """Write the CRM's contacts the way a German spreadsheet does."""
    _write(path, _TITLES, ([*_cells(one)] for one in (*cast.in_crm, *cast.slips)))


def write_fair_sheet(path: Path, cast: Cast) -> None:
    """Write what was ticked on the sheet at the fair: an opt-in for the letter, with its evidence."""
    titles = [*_TITLES, f"Opt-in {LETTER}", f"Opt-in {LETTER} source"]
    yes = [*cast.visitors, *cast.without_address, cast.couple[0]]
    ticked = [*((one, "ja") for one in yes), (cast.couple[1], "nein")]
    _write(path, titles, ([*_cells(one), word, "sign-up sheet, spring fair"] for one, word in ticked))


_TITLES = ["Vorname", "Nachname", "E-Mail", "Firma", "PLZ", "Ort", "Land"]


def _cells(one: Person) -> Sequence[str]:
    return (one.first_name, one.last_name, one.email, one.company, one.postcode, one.city, one.country)


def _write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(titles)
        writer.writerows(rows)
