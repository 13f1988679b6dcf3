"""What a look at a database, or at what stands around it, has found."""

from dataclasses import dataclass
from enum import StrEnum

from rundbrief.errors import RundbriefError

__all__ = ["Finding", "Level", "Repair"]


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing; a run copes with it."""
    PROBLEM = "problem"


class Repair(StrEnum):
    """What can be mended without a loss, and without asking anybody."""

    RIGHTS = "rights"
    SCHEMA = "schema"
    WITHDRAWALS = "withdrawals"
    OBSERVATIONS = "observations"
    RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and how it is."""

    subject: str
    """What it is about: a file, the configuration, a connection."""
    check: str
    """Which check it was: a word that stays the same."""
    level: Level
    sentence: str
    """Without secrets, and without a full address."""
    remedy: str = ""
    """The next step, such as a command."""
    exit_code: int = 0
    """That of the error which a problem stands for."""
    repair: Repair | None = None

    @classmethod
    def of(cls, subject: str, check: str, error: RundbriefError) -> "Finding":
        """Return the problem that an error tells of."""
        return cls(subject, check, Level.PROBLEM, error.message, error.hint, error.exit_code)
