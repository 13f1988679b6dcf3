"""A whole answer, and the answers that mean the same at every service."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from rundbrief.errors import (
    PermissionMissing,
    ProtocolError,
    RateLimited,
    ServiceUnavailable,
    SignInAgain,
)
from rundbrief.http.documents import decoded
from rundbrief.http.pacing import asked_wait, in_words
from rundbrief.http.terms import Terms
from rundbrief.http.urls import host_of
from rundbrief.session import Response

__all__ = ["WireResponse", "refuse_busy", "refuse_key", "refuse_redirect"]

_SAVED = "Run again later; what was done is saved."


class WireResponse:
    """A whole answer; implements `rundbrief.session.Response`."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.content = response.content

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"

    def json(self) -> Any:
        try:
            return decoded(self.content)
        except ValueError:
            pass  # the error holds the whole body, so it may not be the cause of what is raised
        raise ProtocolError(
            f"The service answered {self.status} with something that is not JSON.",
            hint="Try again later; if it lasts, check base_url in rundbrief.toml.",
        )


def refuse_busy(response: httpx.Response, host: str, *, now: datetime) -> None:
    """Raise for an answer that is about the time, not about the request."""
    status = response.status_code
    if Terms.of(response.request).is_throttled(response):
        seconds = asked_wait(response, now)
        pause = (
            "for longer than a run waits" if seconds is None else f"and takes the next one in {in_words(seconds)}"
        )
        raise RateLimited(f"{host} asks for fewer requests, {pause}.", hint=_SAVED, retry_after=seconds)
    if status >= 500 or status in (408, 425):
        raise ServiceUnavailable(f"{host} is in trouble: it answered {status}.", hint=_SAVED)


def refuse_key(
    response: httpx.Response, host: str, is_about_a_right: Callable[[Response], bool] | None = None
) -> None:
    """Raise for an answer to a key or token that is not, or not fully, accepted.

    Args:
        is_about_a_right: tells a 403 for a missing right from one about a record; None: every 403 is.
    """
    if response.status_code == 401:
        raise SignInAgain(
            f"{host} refused the key or token.",
            hint="Check the secret that rundbrief.toml refers to; it may be revoked or of another account.",
        )
    if response.status_code == 403 and (is_about_a_right is None or is_about_a_right(WireResponse(response))):
        raise PermissionMissing(
            f"{host} accepted the key, but it lacks a right for this.",
            hint="Give its user the right, or use a key of a user who has it.",
        )


def refuse_redirect(response: httpx.Response, host: str) -> None:
    """Raise for a redirect: credentials are never taken along to where an answer points."""
    if 300 <= response.status_code < 400:
        target = host_of(response.headers.get("location", "")) or "elsewhere"
        raise ProtocolError(
            f"{host} redirects to {target}; credentials are never taken to another address.",
            hint="Check base_url in rundbrief.toml.",
        )
