"""Times, as the service wants them."""

from datetime import UTC, datetime

__all__ = ["moment_as_asked"]


def moment_as_asked(moment: datetime) -> str:
    """Return a moment as `modifiedSince` and `createdSince` take it: with a zone, else it is the account's."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
