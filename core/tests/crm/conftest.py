"""An embedded CRM in a file of its own, with a clock that the test moves, and CSV files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rundbrief.crm.local import LocalCrm
from rundbrief.models import OptInField


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.db"


@pytest.fixture
def crm(path: Path, clock: Clock) -> Iterator[LocalCrm]:
    crm = LocalCrm(path, now=clock)
    crm.ensure_opt_in_fields([OptInField("news/1", "Customers"), OptInField("news/2", "Team, inner circle")])
    yield crm
    crm.close()


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write lines (or a text, or bytes) into a file."""

    def write(*lines: str, encoding: str = "utf-8", newline: str = "\n") -> Path:
        path = tmp_path / "people.csv"
        path.write_bytes("".join(line + newline for line in lines).encode(encoding))
        return path

    return write
