"""A list and a CRM with a history: some have come, some have left, some are wanted; and a sync that moves all."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rundbrief.cli.toml import connection_table
from rundbrief.crm.local import LocalCrm
from rundbrief.models import OptIn
from rundbrief_mailchimp.testing import MailchimpSandbox

__all__ = ["CRM", "STATE", "Stage", "Standing"]

STATE, CRM = "rundbrief.db", "contacts.db"

STAY = [f"stay{one}@example.org" for one in range(20)]
LEAVE = [f"leave{one}@example.org" for one in range(4)]
TAKEN_BACK = [f"back{one}@example.org" for one in range(3)]
WANTED = [f"wanted{one}@example.org" for one in range(8)]
JOIN = [f"join{one}@example.org" for one in range(8)]


@dataclass
class Standing:
    """Where everybody stands, wherever that is written down."""

    service: Mapping[str, str]
    crm: Mapping[str, str]
    recipients: Mapping[str, tuple[Any, ...]]
    journal: Counter[tuple[Any, ...]]
    """What became of whom, where: each as often as it stands there."""


@dataclass
class Stage:
    """One folder and one service."""

    folder: Path
    service: MailchimpSandbox
    list_id: str

    @classmethod
    @contextmanager
    def set(cls, folder: Path, prepared: Path | None = None) -> "Iterator[Stage]":
        """Make a stage.

        Args:
            prepared: the folder of another stage; its databases are taken, and the service is made anew.
        """
        service = MailchimpSandbox()
        list_id = service.add_list("Customers")
        service.seed(list_id, [*STAY, *LEAVE, *TAKEN_BACK])
        folder.mkdir(parents=True, exist_ok=True)
        for name in (STATE, CRM) if prepared else ():
            shutil.copy(prepared / name, folder / name)
        with service.serve() as base_url:
            table = connection_table("news", service.settings(base_url))
            (folder / "rundbrief.toml").write_text(f"{table}\n", encoding="utf-8")
            yield cls(folder, service, list_id)

    @property
    def environ(self) -> Mapping[str, str]:
        return self.service.environ()

    def people_act(self) -> None:
        """After the first import, at the service: people come and leave."""
        for address in JOIN:
            self.service.subscribe(self.list_id, address)
        for address in LEAVE:
            self.service.unsubscribe(self.list_id, address)

    def users_act(self) -> None:
        """After the first import, in the CRM: new contacts with an opt-in, and opt-ins that are taken back."""
        crm = LocalCrm(self.folder / CRM)
        key = f"news/{self.list_id}"
        for address in WANTED:
            crm.set_opt_in(crm.add(email=address).id, key, OptIn.YES, "order form")
        for address in TAKEN_BACK:
            crm.set_opt_in(address, key, OptIn.NO, "by telephone")
        crm.close()

    def standing(self) -> Standing:
        service = {address: one.status.value for address, one in self.service.recipients(self.list_id).items()}
        with closing(sqlite3.connect(self.folder / CRM)) as connection:
            opt_ins = connection.execute(
                "SELECT address, coalesce(value, 'unknown') FROM contacts LEFT JOIN opt_ins ON contact_id = id"
            ).fetchall()
        assert len({address for address, _ in opt_ins}) == len(opt_ins), "an address has two contacts"
        with closing(sqlite3.connect(self.folder / STATE)) as connection:
            recipients = connection.execute("SELECT address, status, agreed, withdrawn FROM recipients").fetchall()
            journal = connection.execute("SELECT address, place, was, became FROM journal").fetchall()
            for table in ("inbox", "outbox", "intents"):
                assert connection.execute(f"SELECT * FROM {table}").fetchall() == []
        return Standing(service, dict(opt_ins), {one[0]: one[1:] for one in recipients}, Counter(journal))
