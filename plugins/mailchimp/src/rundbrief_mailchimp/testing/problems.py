"""Error answers in Mailchimp's own words, as `application/problem+json` (docs: errors)."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "Problem",
    "already_in_list",
    "compliance_state",
    "fake_or_invalid",
    "forgotten",
    "invalid_resource",
    "invalid_value",
    "json_expected",
    "member_exists",
    "merge_fields_invalid",
    "not_found",
    "required",
    "too_many_requests",
    "too_many_signups",
]


class Problem(Exception):
    """An answer that is an error."""

    def __init__(
        self, status: int, title: str, detail: str, errors: Sequence[Mapping[str, str]] | None = None
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors

    def payload(self, instance: str) -> dict[str, Any]:
        """Return the body; `instance` is the request's id, which the vendor's support asks for."""
        body: dict[str, Any] = {
            "type": "https://mailchimp.com/developer/marketing/docs/errors/",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors is not None:
            body["errors"] = [dict(error) for error in self.errors]
        return body


def not_found() -> Problem:
    """Answer the same for what is deleted and what never was."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def json_expected() -> Problem:
    return Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error.")


def too_many_requests(detail: str) -> Problem:
    return Problem(429, "Too Many Requests", detail)


def invalid_resource(detail: str, errors: Sequence[Mapping[str, str]] = ()) -> Problem:
    return Problem(400, "Invalid Resource", detail, errors)


def invalid_value(field: str, message: str) -> Problem:
    return invalid_resource(
        "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
        [{"field": field, "message": message}],
    )


def required(field: str) -> Problem:
    return invalid_value(field, "Required fields were not provided.")


def member_exists(address: str) -> Problem:
    return Problem(
        400, "Member Exists", f"{address} is already a list member. Use PUT to insert or update list members."
    )


def compliance_state(address: str) -> Problem:
    return Problem(
        400,
        "Member In Compliance State",
        f"{address} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be "
        "subscribed.",
    )


def forgotten(address: str) -> Problem:
    return Problem(
        400,
        "Forgotten Email Not Subscribed",
        f"{address} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back "
        "on the list.",
    )


def fake_or_invalid(address: str) -> Problem:
    return invalid_resource(f"{address} looks fake or invalid, please enter a real email address.")


def too_many_signups(address: str) -> Problem:
    return invalid_resource(
        f"{address} has signed up to a lot of lists very recently; we're not allowing more signups for now"
    )


def already_in_list(address: str, status: str) -> Problem:
    return invalid_resource(f'"{address}" is already in this list with a status of "{status}".')


def merge_fields_invalid(errors: Sequence[Mapping[str, str]]) -> Problem:
    return invalid_resource("Your merge fields were invalid.", errors)
