"""What the machine has to know of a CRM."""

import abc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from machine.watched_crm import Watcher
from rundbrief.crm import Crm
from rundbrief.testing.crm_sandbox import CrmSandbox

__all__ = ["MachineCrm"]


class MachineCrm(abc.ABC):
    """One CRM in one world.

    Args:
        folder: where the engine's files are.
    """

    files: ClassVar[tuple[str, ...]]
    """Those of the CRM's or its plugin's files that are put back as they were when a run is killed."""
    users: CrmSandbox

    def __init__(self, folder: Path, watcher: Watcher, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.watcher = watcher
        self.now = now

    @abc.abstractmethod
    def open(self) -> Crm:
        """Open the CRM for the engine, watched."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the files."""

    @abc.abstractmethod
    def come_back(self) -> None:
        """The files were put back: look at them anew."""
