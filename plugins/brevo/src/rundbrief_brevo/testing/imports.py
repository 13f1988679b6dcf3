"""`POST /contacts/import`: many contacts by one request, later."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rundbrief_brevo.testing.account import Account, ContactList
from rundbrief_brevo.testing.attributes import imported
from rundbrief_brevo.testing.call import flag, numbers, object_in
from rundbrief_brevo.testing.changes import address
from rundbrief_brevo.testing.contact import Contact, identities
from rundbrief_brevo.testing.problems import Problem, invalid, missing

__all__ = ["MAX_BYTES", "REPORTS", "Import"]

MAX_BYTES = 10_000_000
"""The size from which on a body is refused; 8 MB are advised (specification, `importContacts`)."""

INVALID = "invalid_emails"
EXISTING = "duplicate_email_id"
_CLASHES = {
    "SMS": "duplicate_phone_id",
    "WHATSAPP": "duplicate_whatsapp_id",
    "LANDLINE_NUMBER": "duplicate_landline_number_id",
    "ext_id": "duplicate_ext_id",
}
REPORTS = (INVALID, "duplicate_contact_id", EXISTING, *_CLASHES.values())


@dataclass(frozen=True, slots=True)
class _Row:
    email: str
    """As it was sent. Rows without an address are invalid here, though the service takes phone numbers too."""
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Import:
    """An import that was taken in."""

    rows: Sequence[_Row]
    lists: Sequence[ContactList]
    blocks: bool
    """One flag for the whole import."""
    updates_existing: bool
    erases: bool
    """Whether empty values empty those of existing contacts."""
    notifies: bool

    @classmethod
    def read(cls, account: Account, body: Mapping[str, Any]) -> "Import":
        """Return what a body asks for. Traps: existing contacts are updated, and the owner is mailed, by default.

        Raises:
            Problem: there is no content or no list, or a value has the wrong type.
        """
        rows = _rows(account, body)
        lists = list(account.lists_named(numbers(body, "listIds")))
        new = object_in(body, "newList")
        if new.get("listName"):
            lists.append(account.add_list(new["listName"], new.get("folderId", 0)))
        if not lists:
            raise missing("listIds")
        return cls(
            rows,
            lists,
            flag(body, "emailBlacklist") or False,
            flag(body, "updateExistingContacts") is not False,
            flag(body, "emptyContactsAttributes") or False,
            not flag(body, "disableNotification"),
        )

    def run(self, account: Account) -> Mapping[str, bytes]:
        """Write all rows, and return the refused ones as CSV: report -> file."""
        refused: dict[str, list[_Row]] = defaultdict(list)
        for row in self.rows:
            if report := self._write(account, row):
                refused[report].append(row)
        return {report: _csv(rows) for report, rows in refused.items()}

    def _write(self, account: Account, row: _Row) -> str | None:
        """Write one row; otherwise return the report that it goes into."""
        try:
            email = address(row.email)
        except Problem:
            return INVALID
        existing = account.contacts.known_as("email", email)
        if existing and not self.updates_existing:
            return EXISTING
        values = imported(account.attributes, row.attributes, account.undocumented.import_date_format)
        if clashes := account.contacts.clashes(identities(email, values), existing):
            return _CLASHES[clashes[0]]
        if existing:
            self._update(account, existing, values)
        else:
            self._fill(account, account.create(email, values))
        return None

    def _update(self, account: Account, contact: Contact, values: Mapping[str, Any]) -> None:
        """Change an existing contact. Trap: a blocklisted one joins the lists too, and may become mailable."""
        kept = {name: value for name, value in values.items() if value != "" or self.erases}
        if kept:
            account.set_values(contact, kept)
        if account.undocumented.import_lifts_blocklist and not self.blocks:
            account.lift(contact)
        self._fill(account, contact)

    def _fill(self, account: Account, contact: Contact) -> None:
        if self.blocks:
            account.block_by_key(contact)
        for one in self.lists:
            account.join(contact, one)


def _rows(account: Account, body: Mapping[str, Any]) -> Sequence[_Row]:
    if "jsonBody" in body:
        return _json_rows(body["jsonBody"])
    if "fileBody" in body:
        return _csv_rows(account, body["fileBody"])
    if "fileUrl" in body:
        raise invalid("fileUrl is not reachable")
    raise missing("fileUrl, fileBody or jsonBody")


def _json_rows(content: Any) -> Sequence[_Row]:
    if not isinstance(content, list) or not content or not all(isinstance(row, dict) for row in content):
        raise invalid("jsonBody should be an array of objects")
    return [
        _Row(
            str(row.get("email") or ""),
            {**object_in(row, "attributes"), **({"EXT_ID": row["ext_id"]} if "ext_id" in row else {})},
        )
        for row in content
    ]


def _csv_rows(account: Account, content: Any) -> Sequence[_Row]:
    if not isinstance(content, str) or not content.strip():
        raise invalid("fileBody should be a text")
    floats = {name for name, attribute in account.attributes.items() if attribute.type == "float"}
    reader = csv.DictReader(io.StringIO(content), delimiter=";", restval="")
    return [
        _Row(row.pop("EMAIL", ""), {name: _number(one) if name in floats else one for name, one in row.items()})
        for row in reader
    ]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _csv(rows: Iterable[_Row]) -> bytes:
    """Return rows as a file. Its form is not documented: the address in the first column, as it was sent."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(["EMAIL"])
    writer.writerows([row.email] for row in rows)
    return out.getvalue().encode()
