"""A request as the endpoints see it: decoded, and free of HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rundbrief_cleverreach.testing.problems import bad_request

__all__ = ["Answer", "Call", "decoded"]

Answer = Any
"""The payload; all answers that are no error are a 200."""


@dataclass(frozen=True, slots=True)
class Call:
    query: Mapping[str, str]
    body: Any = None
    token: str = ""

    def object(self) -> Mapping[str, Any]:
        """Return the body, which has to be an object.

        Raises:
            Problem: 400.
        """
        if not isinstance(self.body, dict):
            raise bad_request("object expected")
        return self.body

    def array(self) -> list[Any]:
        """Return the body, which has to be a bare array with something in it; no `postdata` around it.

        Raises:
            Problem: 400.
        """
        if not isinstance(self.body, list) or not self.body:
            raise bad_request("array expected")
        return self.body


def decoded(data: bytes) -> Any:
    """Return the value of a JSON text; None for no text.

    Raises:
        Problem: 400, it is not JSON.
    """
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise bad_request("invalid JSON") from None
