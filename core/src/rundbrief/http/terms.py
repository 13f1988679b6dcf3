"""How one request may be treated on its way through the layers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

__all__ = ["Terms"]

_KEY = "rundbrief"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the layers have to know of a request beyond its bytes; it travels in the request's extensions."""

    idempotent: bool
    """Whether it may be sent again when its answer was lost."""
    max_bytes: int
    """How large its answer may become, unpacked."""
    is_throttled: Callable[[httpx.Response], bool]
    """Recognises an answer that means *too many requests*."""

    def as_extension(self) -> Mapping[str, Any]:
        return {_KEY: self}

    @classmethod
    def of(cls, request: httpx.Request) -> "Terms":
        terms = request.extensions[_KEY]
        assert isinstance(terms, cls)
        return terms
