"""Times on the wire: UTC to the millisecond, in one spelling, so that they sort as texts."""

from datetime import UTC, date, datetime, timedelta, timezone

from rundbrief_brevo.testing.problems import invalid

__all__ = ["day", "normalised", "stamp"]

ACCOUNT_ZONE = timezone(timedelta(hours=-5))
"""Where the account lives. Behind UTC, so that a time without a zone is too late and a client misses something."""


def stamp(moment: datetime) -> str:
    """Return a time as an answer shows it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def normalised(name: str, text: str) -> str:
    """Return a time that a client sent as an answer would show it.

    Trap: without a zone it is the account's time. A plus that was not URL-encoded arrives as a blank: an error.

    Raises:
        Problem: it is no time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not valid, it should be in the format YYYY-MM-DDTHH:mm:ss.SSSZ") from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=ACCOUNT_ZONE))


def day(name: str, text: str) -> date:
    """Return a day that a client sent as YYYY-MM-DD.

    Raises:
        Problem: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not valid, it should be in the format YYYY-MM-DD") from None
