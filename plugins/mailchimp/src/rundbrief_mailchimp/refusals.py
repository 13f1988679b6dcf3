"""Refusals: the service's words about one contact, and what they mean.

The service has hardly any codes (`ERROR_GENERIC` is most of them), so the text decides. Each pattern is from an
answer that was documented or reported; a text nobody has seen yet is passed on as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from rundbrief.masking import mask_addresses
from rundbrief.models import ContactWrite, Outcome, Reason, Result, SubscriberStatus

__all__ = ["Refusal", "temporary"]

_MEANINGS = {
    # Before "already a list member", which its newer text says too.
    r"compliance state": Reason.COMPLIANCE,
    r"forgotten email|permanently deleted|previously removed": Reason.FORGOTTEN,
    r"status is \W*cleaned": Reason.BOUNCED,
    r"signed up to a lot of lists": Reason.TOO_MANY_SIGNUPS,
    r"fake or invalid|valid email address": Reason.FAKE_OR_INVALID,
    r"merge fields were invalid": Reason.INVALID_FIELDS,
    r"ERROR_CONTACT_EXISTS|member exists|already a list member|already in this list": Reason.ALREADY_EXISTS,
    r"\barchived\b": Reason.ARCHIVED,
}
"""A pattern in the service's words -> what it means; the first that is found counts."""

_STATUS_SAID = re.compile(r'with a status of "(\w+)"')
_STATUS = {
    "subscribed": SubscriberStatus.SUBSCRIBED,
    "unsubscribed": SubscriberStatus.UNSUBSCRIBED,
    "pending": SubscriberStatus.PENDING,
    "cleaned": SubscriberStatus.BOUNCED,
    "archived": SubscriberStatus.ARCHIVED,
    "deleted": SubscriberStatus.ARCHIVED,
}

_NOT_MERGE_FIELDS = ("", "email_address", "status")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal, in whichever form it came. Texts are free of addresses."""

    text: str
    field_errors: str = ""
    """`FNAME: This value should not be blank.`, when single merge fields are at issue."""
    code: str = ""
    status_code: int = 400

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> Self:
        """Read a row of `errors` of `POST /lists/{id}`."""
        return cls(mask_addresses(row["error"]), _field_errors([row], "field_message"), code=row["error_code"])

    @classmethod
    def of_problem(cls, status_code: int, payload: Any) -> Self:
        """Read an `application/problem+json` answer, or whatever came in its place."""
        problem = payload if isinstance(payload, dict) else {}
        errors = [error for error in problem.get("errors") or () if isinstance(error, dict)]
        about_all = [str(error.get("message", "")) for error in errors if error.get("field") in _NOT_MERGE_FIELDS]
        words = [str(problem.get("title", "")), str(problem.get("detail", "")), *about_all]
        text = mask_addresses(": ".join(word for word in words if word))
        return cls(text, _field_errors(errors, "message"), status_code=status_code)

    def outcome(self, write: ContactWrite) -> Outcome:
        """Return what this refusal means for a write."""
        reason = self._reason()
        if reason is Reason.TEMPORARY:
            return temporary(write, self.text or f"The service answered {self.status_code}.")
        if reason is Reason.ALREADY_EXISTS and write.new_address:
            reason = Reason.ADDRESS_TAKEN
        said = _STATUS_SAID.search(self.text)
        return Outcome(
            write.key,
            Result.FAILED if reason is Reason.TOO_MANY_SIGNUPS else Result.REFUSED,
            reason,
            self.field_errors or self.text,
            status=_STATUS.get(said[1].lower()) if said else None,
        )

    def _reason(self) -> Reason:
        if self.status_code in (408, 429) or self.status_code >= 500:
            return Reason.TEMPORARY
        if self.status_code == 404:
            return Reason.NOT_FOUND
        if self.field_errors:
            return Reason.INVALID_FIELDS
        words = f"{self.text} {self.code}"
        return next(
            (reason for pattern, reason in _MEANINGS.items() if re.search(pattern, words, re.IGNORECASE)),
            Reason.UNKNOWN_REFUSAL,
        )


def temporary(write: ContactWrite, detail: str) -> Outcome:
    """Return the outcome of a write that did not work this time."""
    return Outcome(write.key, Result.FAILED, Reason.TEMPORARY, detail)


def _field_errors(errors: Sequence[Mapping[str, Any]], message: str) -> str:
    lines = [f"{error.get('field')}: {error.get(message, '')}" for error in errors if _is_about_a_field(error)]
    return mask_addresses("; ".join(lines))


def _is_about_a_field(error: Mapping[str, Any]) -> bool:
    return (error.get("field") or "") not in _NOT_MERGE_FIELDS
