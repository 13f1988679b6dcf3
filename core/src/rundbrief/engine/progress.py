"""How a run tells what it is doing. The CLI draws it; without anybody watching it goes nowhere."""

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Told by the one thread that the run belongs to."""

    def phase(self, title: str, total: int | None) -> None:
        """A new phase begins; `total` contacts are expected, None: unknown."""

    def advance(self, count: int) -> None:
        """So many contacts are done."""

    def say(self, sentence: str) -> None:
        """Something a person should know, such as what is resumed after a crash."""


class Silent:
    """Nobody watches."""

    def phase(self, title: str, total: int | None) -> None: ...
    def advance(self, count: int) -> None: ...
    def say(self, sentence: str) -> None: ...
