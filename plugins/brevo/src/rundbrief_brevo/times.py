"""Times: when the service answered by its own clock, and how a later read reaches back to then."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from rundbrief.errors import ProtocolError
from rundbrief.session import Response

__all__ = ["answered_at", "just_before"]

OVERLAP = timedelta(seconds=60)
"""How far a read begins before the moment it is meant for: the clocks of a large service differ."""


def answered_at(response: Response) -> datetime:
    """Return the service's own time.

    Raises:
        ProtocolError: the answer has no usable `Date`.
    """
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        raise ProtocolError("Brevo answered without a usable Date, so no next read could begin there.") from None


def just_before(moment: datetime) -> str:
    """Return a moment as `modifiedSince` and `createdSince` take it: with a zone, else it is the account's."""
    return (moment - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
