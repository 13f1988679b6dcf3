"""Ears: whatever is let out about keys and people within a context."""

import json
import logging
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Self
from urllib.parse import quote

from rundbrief.errors import RundbriefError
from rundbrief.testing.faults import Fault, answer_with

__all__ = ["Ears", "repeating"]


class Ears(logging.Handler):
    """Keeps every log line of what is done within its context, and each error it is told."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.addresses: set[str] = set()
        """Whom nobody may be told of."""
        self._root = logging.getLogger()
        self._level = self._root.level

    def __enter__(self) -> Self:
        self._root.addHandler(self)
        self._root.setLevel(logging.DEBUG)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._root.setLevel(self._level)
        self._root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record))

    def listen(self, error: RundbriefError | None) -> None:
        if error is not None:
            self.texts += [str(error), repr(error), "".join(traceback.format_exception(error))]

    def heard_of(self, secrets: Iterable[str], shown: Iterable[object]) -> str:
        """Return in words what could be overheard, or seen in these objects' reprs; empty when nothing could."""
        heard = "\n".join([*self.texts, *map(repr, shown)]).casefold()
        if any(secret.casefold() in heard for secret in secrets):
            return "A secret"
        spellings = (spelling for one in self.addresses for spelling in (one, quote(one, safe="")))
        if any(spelling.casefold() in heard for spelling in spellings):
            return "A full address"
        return ""


def repeating(status: int, addresses: set[str]) -> Fault:
    """Refuse a request as services do: in JSON, with the address in every text."""
    words = f"The contacts {', '.join(sorted(addresses))} are not wanted."
    said = dict.fromkeys(("message", "detail", "title", "error", "code", "error_description"), words)
    return answer_with(status, body=json.dumps(said), content_type="application/json")
