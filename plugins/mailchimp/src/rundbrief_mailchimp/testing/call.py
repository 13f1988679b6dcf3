"""A request as the endpoints see it: decoded, and free of HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rundbrief_mailchimp.testing.problems import json_expected

__all__ = ["Answer", "Call", "decoded"]

Answer = tuple[int, Any]
"""Status and payload; None for no body."""


@dataclass(frozen=True, slots=True)
class Call:
    query: Mapping[str, str]
    body: Any = None
    base_url: str = ""
    """Where the sandbox is reached, for the links it gives out."""

    def object(self) -> Mapping[str, Any]:
        """Return the body, which has to be an object.

        Raises:
            Problem: it is none.
        """
        if not isinstance(self.body, dict):
            raise json_expected()
        return self.body

    @property
    def skips_merge_validation(self) -> bool:
        return self.query.get("skip_merge_validation") == "true"


def decoded(data: bytes | str) -> Any:
    """Return the value of a JSON text; None for no text.

    Raises:
        Problem: it is not JSON.
    """
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise json_expected() from None
