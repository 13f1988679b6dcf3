"""How long an answer asks to wait."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from rundbrief.http.terms import Terms
from rundbrief.session import Allowance

__all__ = ["asked_wait", "in_words", "retry_after", "until_refilled"]


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` header asks for; None without one, or with one that makes no sense.

    A moment is one of the service's clock, so it counts from the answer's own `Date`: ours may be wrong by hours.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        moment = _moment(value)
        began = _moment(headers.get("date", "")) or now
        seconds = math.nan if moment is None else (moment - began).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def until_refilled(left: Allowance | None) -> float:
    """Return the seconds until a used-up budget is full again; 0.0 when some is left, or none are told."""
    if left is None or left.remaining > 0 or not math.isfinite(left.reset_seconds):
        return 0.0
    return max(0.0, left.reset_seconds)


def asked_wait(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds that a *too many requests* asks for, in either way; None when it does not say."""
    told = retry_after(response.headers, now)
    if told is not None:
        return told
    return until_refilled(Terms.of(response.request).allowance(response)) or None


def in_words(seconds: float) -> str:
    """Return a time for a sentence, rounded up: `40 seconds`, `42 minutes`, `24 hours`."""
    if seconds <= 90:
        count, unit = seconds, "second"
    elif seconds <= 90 * 60:
        count, unit = seconds / 60, "minute"
    else:
        count, unit = seconds / 3600, "hour"
    whole = max(1, math.ceil(count))
    return f"{whole} {unit}{'s' if whole > 1 else ''}"


def _moment(http_date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
