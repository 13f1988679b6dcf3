"""Which contacts a read finds."""

import re
from collections.abc import Iterable, Mapping, Sequence

from rundbrief_brevo.testing.account import Account
from rundbrief_brevo.testing.attributes import Attribute
from rundbrief_brevo.testing.call import Call
from rundbrief_brevo.testing.contact import Contact
from rundbrief_brevo.testing.problems import invalid, out_of_range
from rundbrief_brevo.testing.times import normalised

__all__ = ["ContactReads"]

MAX_IDS = 20
_EQUALS = re.compile(r'equals\(\s*([\w-]+)\s*,\s*(?:"([^"]*)"|([^")]*?))\s*\)')
_PAGING = ("limit", "offset")


class ContactReads:
    """Finds contacts, and keeps the last answer for as long as nothing changes: a full read is a hundred pages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._wishes: object = None
        self._found: Sequence[Contact] = ()

    def find(self, call: Call, list_id: int | None = None) -> Sequence[Contact]:
        """Return the contacts that a query asks for, in the order of their creation, as they are now.

        Trap: the newest come first unless `sort=asc`, so that a new contact shifts all pages that follow.

        Raises:
            Problem: a value is none of those allowed.
        """
        asked = [(name, value) for name, value in call.query.items(multi=True) if name not in _PAGING]
        wishes = (self._account.contacts.version, list_id, asked)
        if wishes != self._wishes:
            self._found = self._filtered(call, list_id)
            self._wishes = wishes
        return self._found

    def _filtered(self, call: Call, list_id: int | None) -> Sequence[Contact]:
        rows = list(self._among(call) if list_id is None else self._members([list_id]))
        for name, field in (("modifiedSince", "modified_at"), ("createdSince", "created_at")):
            if name in call.query:
                since = normalised(name, call.query[name])
                rows = [one for one in rows if getattr(one, field) > since]
        if "filter" in call.query:
            name, wanted = _condition(self._account.attributes, call.query["filter"])
            rows = [one for one in rows if _as_text(one.attributes.get(name)) == wanted]
        return rows[::-1] if call.newest_first else rows

    def _among(self, call: Call) -> Iterable[Contact]:
        ids, lists = call.integers("ids"), call.integers("listIds")
        if lists and "segmentId" in call.query:
            raise invalid("Either listIds or segmentId can be passed")
        if "segmentId" in call.query:
            raise invalid("Invalid segment ID")
        if len(ids) > MAX_IDS:
            raise out_of_range(f"ids exceeds max value {MAX_IDS}")
        self._account.lists_named(lists)
        rows = self._members(lists) if lists else iter(self._account.contacts)
        return [one for one in rows if one.id in ids] if ids else rows

    def _members(self, list_ids: Iterable[int]) -> Iterable[Contact]:
        members = {member.id: member for one in list_ids for member in self._account.list(one).members.values()}
        return (members[contact_id] for contact_id in sorted(members))


def _condition(known: Mapping[str, Attribute], text: str) -> tuple[str, str]:
    """Return attribute and value of `equals(NAME,"value")`, the only filter; a label stands for its value."""
    match = _EQUALS.fullmatch(text.strip())
    if match is None or match[1] not in known:
        raise invalid("Invalid filter")
    wanted = match[2] if match[2] is not None else match[3]
    labels = {label: str(value) for value, label in known[match[1]].enumeration.items()}
    return match[1], labels.get(wanted, wanted)


def _as_text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(value)
        case _:
            return str(value)
