"""How one request may be treated on its way through the layers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from rundbrief.session import Allowance

__all__ = ["Terms", "is_429"]

_KEY = "rundbrief"


def is_429(response: httpx.Response) -> bool:
    return response.status_code == 429


def _says_nothing(_: httpx.Response) -> Allowance | None:
    return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the layers have to know of a request beyond its bytes; it travels in the request's extensions."""

    idempotent: bool
    """Whether it may be sent again when its answer was lost."""
    max_bytes: int
    """How large its answer may become, unpacked."""
    is_throttled: Callable[[httpx.Response], bool] = is_429
    """Recognises an answer that means *too many requests*."""
    budget: str = ""
    """Which of the account's budgets it is paid from."""
    allowance: Callable[[httpx.Response], Allowance | None] = _says_nothing
    """Reads from its answer what is left of that budget."""

    def as_extension(self) -> Mapping[str, Any]:
        return {_KEY: self}

    @classmethod
    def of(cls, request: httpx.Request) -> "Terms":
        terms = request.extensions[_KEY]
        assert isinstance(terms, cls)
        return terms
