"""The plugin, connected to a sandbox or to what looks like one."""

from collections.abc import Iterator
from contextlib import contextmanager

import rundbrief_mailman as plugin

from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief.testing import connecting
from rundbrief.testing.sandbox import Sandbox


class Connected:
    def __init__(self, session: Session) -> None:
        self.session = session

    def mailing_list(self, list_id: str) -> MailingList:
        [found] = [one for one in plugin.import_lists(self.session) if one.id == list_id]
        return found

    def stream(self, list_id: str) -> Iterator[Subscriber | Checkpoint]:
        return plugin.fetch_opt_ins(self.session, self.mailing_list(list_id), None)

    def read(self, list_id: str) -> dict[str, Subscriber]:
        """Return everybody by address; of one who comes twice the later."""
        return {one.address: one for one in self.stream(list_id) if isinstance(one, Subscriber)}

    def write(self, kind: WriteKind, list_id: str, address: str, **more) -> Outcome:
        batch = [ContactWrite("1", address, **more)]
        [outcome] = plugin.export_contacts(self.session, self.mailing_list(list_id), kind, batch)
        return outcome


@contextmanager
def connected(box: Sandbox) -> Iterator[Connected]:
    with connecting.connected(plugin.provider_info(), box) as session:
        yield Connected(session)
