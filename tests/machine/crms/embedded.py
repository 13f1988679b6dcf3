"""The embedded CRM: a file that its users have open beside the engine."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from machine.crms.crm import MachineCrm
from machine.watched_crm import WatchedCrm, Watcher
from rundbrief.crm import Crm
from rundbrief.crm.local import LocalCrm
from rundbrief.testing.local_crm import LocalCrmSandbox

__all__ = ["EmbeddedCrm"]


class EmbeddedCrm(MachineCrm):
    files = ("contacts.db",)

    def __init__(self, folder: Path, watcher: Watcher, now: Callable[[], datetime]) -> None:
        super().__init__(folder, watcher, now)
        self._crm = self._local()
        self.users = LocalCrmSandbox(self._crm)

    def _local(self) -> LocalCrm:
        return LocalCrm(self.folder / "contacts.db", now=self.now)

    def open(self) -> Crm:
        return WatchedCrm(self._local(), self.watcher)

    def close(self) -> None:
        self._crm.close()

    def come_back(self) -> None:
        self._crm = self._local()
        self.users = LocalCrmSandbox(self._crm)
