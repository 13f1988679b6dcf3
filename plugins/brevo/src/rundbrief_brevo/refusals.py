"""Refusals: what the service says of a request, and what that means for one contact.

Its codes are an open list: the same clash has been seen with two of them. So what counts is the status, the
identifiers that `metadata` names, and the indexes in the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from rundbrief.errors import ListUnknown, ProtocolError, RundbriefError
from rundbrief.masking import mask_addresses
from rundbrief.models import ContactWrite, Outcome, Reason, Result
from rundbrief.session import Response

__all__ = ["Refusal", "refused_as_a_whole", "temporary"]

_INDEXES = re.compile(r"indexes\s+(\d+(?:\s*,\s*\d+)*)")

_ABOUT_A_CONTACT = (400, 404, 405, 422)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The refusal of a write, for the sake of one or more of its contacts. The text is free of addresses."""

    status: int
    text: str
    duplicates: frozenset[str]
    """What clashes with another contact: `email`, `ext_id`, `SMS`..."""
    indexes: frozenset[int]
    """The contacts of a batch that are not there: `No contact found for indexes 3,4` (brevo-php issue 7)."""

    @classmethod
    def of(cls, response: Response) -> Self:
        """Read a refusal.

        Raises:
            RundbriefError: it is about the request as a whole. A gateway's 404 makes nobody unknown, and a 405 is
                about a contact only where the text says so.
        """
        payload = _payload(response)
        words = str(payload.get("message") or "")
        text = mask_addresses(words)
        is_about_contacts = response.status in _ABOUT_A_CONTACT and text and not _is_about_a_list(text)
        if not is_about_contacts or (response.status in (404, 405) and "contact" not in text.lower()):
            raise refused_as_a_whole(response)
        metadata = payload.get("metadata")
        duplicates = metadata.get("duplicate_identifiers") if isinstance(metadata, dict) else None
        indexes = _INDEXES.search(words)
        return cls(
            response.status,
            text,
            frozenset(map(str, duplicates or ())),
            frozenset(map(int, indexes[1].split(","))) if indexes else frozenset(),
        )

    @property
    def is_not_found(self) -> bool:
        """Whether the service does not have the contact."""
        return self.status == 404

    def outcome(self, write: ContactWrite) -> Outcome:
        """Return what this means for the one contact that it is about."""
        return Outcome(write.key, Result.REFUSED, self._reason(write), self.text)

    def _reason(self, write: ContactWrite) -> Reason:
        if self.is_not_found:
            return Reason.NOT_FOUND
        if "email" in self.duplicates and write.new_address:
            return Reason.ADDRESS_TAKEN
        return Reason.INVALID_FIELDS if self.duplicates else Reason.UNKNOWN_REFUSAL


def refused_as_a_whole(response: Response) -> RundbriefError:
    """Return the error for a refusal that no contact is to blame for."""
    text = mask_addresses(str(_payload(response).get("message") or "no reason given"))
    if _is_about_a_list(text):
        return ListUnknown(
            f"Brevo refused the list: {text}", hint="It may be deleted: run `rundbrief lists --pull`."
        )
    return ProtocolError(f"Brevo refused a request as a whole ({response.status}): {text}")


def temporary(write: ContactWrite, detail: str) -> Outcome:
    """Return the outcome of a write that did not work this time."""
    return Outcome(write.key, Result.FAILED, Reason.TEMPORARY, detail)


def _payload(response: Response) -> Mapping[str, Any]:
    """Return the decoded refusal; nothing where a proxy answered in the service's place."""
    payload = response.json() if response.content.lstrip().startswith(b"{") else {}
    return payload if isinstance(payload, dict) else {}


def _is_about_a_list(text: str) -> bool:
    """Tell whether a masked text is about a list: an address may hold the word, too."""
    return re.search(r"\blists?\b", text, re.IGNORECASE) is not None
