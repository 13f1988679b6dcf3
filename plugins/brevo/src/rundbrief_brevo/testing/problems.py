"""Error answers: a code, a message, and for contacts the identifiers that clash."""

from collections.abc import Sequence
from typing import Any

__all__ = [
    "Problem",
    "duplicate",
    "invalid",
    "json_expected",
    "missing",
    "no_contact",
    "no_list",
    "not_deletable",
    "not_found",
    "out_of_range",
    "too_many_requests",
    "unauthorized",
]


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, duplicates: Sequence[str] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.duplicates = duplicates

    @property
    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.duplicates:
            body["metadata"] = {"duplicate_identifiers": list(self.duplicates)}
        return body


def unauthorized(message: str) -> Problem:
    return Problem(401, "unauthorized", message)


def too_many_requests() -> Problem:
    return Problem(429, "too_many_requests", "The expected rate limit is exceeded.")


def json_expected() -> Problem:
    return Problem(400, "bad_request", "Input must be a valid JSON object")


def invalid(message: str) -> Problem:
    return Problem(400, "invalid_parameter", message)


def missing(name: str) -> Problem:
    return Problem(400, "missing_parameter", f"{name} is missing")


def out_of_range(message: str) -> Problem:
    return Problem(400, "out_of_range", message)


def duplicate(doing: str, identifiers: Sequence[str]) -> Problem:
    """Refuse identifiers that another contact has; `metadata` tells which (PipedreamHQ/pipedream #15034)."""
    names = ", ".join(identifiers)
    message = f"Unable to {doing} contact, {names} is already associated with another Contact"
    return Problem(400, "duplicate_parameter", message, identifiers)


def not_found() -> Problem:
    return Problem(404, "document_not_found", "Resource not found")


def no_contact() -> Problem:
    return Problem(404, "document_not_found", "Contact does not exist")


def not_deletable() -> Problem:
    return Problem(405, "method_not_allowed", "You're not allowed to delete registered email contact with Brevo")


def no_list() -> Problem:
    return Problem(404, "document_not_found", "List ID does not exist")
