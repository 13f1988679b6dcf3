"""The blacklists of the account and of a group. Whoever is on one gets no mail, whatever the receiver says.

An account may put everybody who unsubscribes onto its blacklist and delete them everywhere (an option of the
account): then the entry is all that is left of a *no*.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rundbrief.models import MailingList, address_key
from rundbrief.session import Session
from rundbrief_cleverreach.schemas import EntrySchema, read

__all__ = ["Blacklist", "read_blacklists"]


@dataclass(slots=True)
class Blacklist:
    """Both lists as one."""

    since: dict[str, datetime | None] = field(default_factory=dict)
    """Address -> when it was entered."""
    patterns: tuple[str, ...] = ()
    """Ends of addresses: `@example.org` for the entry `*@example.org`."""

    def has(self, address: str) -> bool:
        key = address_key(address)
        return key in self.since or (bool(self.patterns) and key.endswith(self.patterns))

    def entered_after(self, moment: datetime) -> Iterator[str]:
        """Yield the addresses that were entered after a moment, or nobody knows when."""
        return (address for address, since in self.since.items() if since is None or since > moment)


def read_blacklists(session: Session, mailing_list: MailingList) -> Blacklist:
    blacklist = Blacklist()
    for path in ("/blacklist", f"/groups/{mailing_list.id}/blacklist"):
        for row in read(session.http.get(path), EntrySchema(many=True)):
            entry = address_key(row["email"])
            if entry.startswith("*"):
                blacklist.patterns += (entry.lstrip("*"),)
            else:
                blacklist.since[entry] = datetime.fromtimestamp(row["stamp"], UTC) if row["stamp"] else None
    return blacklist
