"""Times on the wire: ISO 8601 with an offset, always UTC in answers, so that they sort as texts."""

from datetime import UTC, datetime

from rundbrief_mailchimp.testing.problems import invalid_value

__all__ = ["normalised", "stamp"]


def stamp(moment: datetime) -> str:
    """Return a time as an answer shows it, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def normalised(field: str, text: object) -> str:
    """Return a time that a client sent as an answer would show it; without an offset it is UTC.

    A plus that was not URL-encoded arrives as a blank, and is an error as at the real service.

    Raises:
        Problem: it is no time.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise invalid_value(field, "Please enter a date and time in ISO 8601 format.") from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
