"""A fault that only CleverReach knows."""

import json

from rundbrief.testing.faults import Fault, answer_with
from rundbrief_cleverreach.testing.problems import Problem

__all__ = ["error_object"]


def error_object(code: int, detail: str = "", *, status: int = 200, applied: bool = False) -> Fault:
    """Answer with an error object, which may come with a 200.

    Args:
        code: what the object says.
        status: what HTTP says.
        applied: let the request take effect first, and spoil only its answer.
    """
    body = json.dumps(Problem(code, detail).payload)
    return answer_with(status, body=body, content_type="application/json", applied=applied)
