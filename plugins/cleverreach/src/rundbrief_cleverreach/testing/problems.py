"""Refusals in CleverReach's own words.

The same words are an answer's error object, or, for one row of many, a plain text among the rows.
"""

from http import HTTPStatus
from typing import Any

__all__ = [
    "Problem",
    "bad_request",
    "blacklisted_address",
    "conflict",
    "duplicate_address",
    "invalid_address",
    "invalid_group",
    "not_found",
    "too_large",
    "unauthorized",
    "unknown_address",
]


class Problem(Exception):
    """An answer that is an error.

    Args:
        detail: what is wrong, in a few words; empty for the bare status.
    """

    def __init__(self, status: int, detail: str = "") -> None:
        phrase = HTTPStatus(status).phrase
        self.status = status
        self.message = f"{phrase}: {detail}" if detail else phrase
        super().__init__(self.message)

    @property
    def payload(self) -> dict[str, Any]:
        return {"error": {"code": self.status, "message": self.message}}


def bad_request(detail: str) -> Problem:
    return Problem(400, detail)


def unauthorized(detail: str = "") -> Problem:
    return Problem(401, detail)


def not_found() -> Problem:
    return Problem(404)


def invalid_group() -> Problem:
    """Answer for whatever lies below a group that is not the account's."""
    return Problem(405, "invalid group")


def conflict(detail: str) -> Problem:
    return Problem(409, detail)


def too_large() -> Problem:
    return Problem(413)


def invalid_address(address: object) -> Problem:
    return bad_request(f"invalid address '{address}'")


def duplicate_address(address: str) -> Problem:
    return bad_request(f"duplicate address '{address}'")


def blacklisted_address(address: str) -> Problem:
    """Answer for a row that is dropped. That it is told at all, and in which words, is a guess."""
    return bad_request(f"blacklisted address '{address}'")


def unknown_address(address: str) -> Problem:
    return bad_request(f"unknown address '{address}'")
