"""Times as people read them, and as documents hold them."""

from datetime import datetime

__all__ = ["iso", "local"]


def local(moment: datetime | None) -> str:
    """Return a time in this machine's time zone, to the minute; empty for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def iso(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 with its offset."""
    return moment.isoformat() if moment else None
