"""Requests in bytes, ready for the layers."""

from collections.abc import Mapping
from typing import Any

import httpx

from rundbrief import __version__
from rundbrief.errors import InputError
from rundbrief.http.terms import Terms
from rundbrief.session import Query, Secret

__all__ = ["RequestWriter"]

LONGEST_CONNECT = 30.0
"""Seconds: a service that takes longer to pick up the phone than that will not do so in time."""


class RequestWriter:
    """Writes the requests of one client.

    Args:
        timeout: seconds without a byte before a request counts as lost.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = httpx.Timeout(timeout, connect=min(LONGEST_CONNECT, timeout)).as_dict()

    def __call__(
        self,
        method: str,
        url: httpx.URL,
        terms: Terms,
        *,
        headers: Mapping[str, str],
        params: Query | None = None,
        json: Any = None,
        form: Mapping[str, str | Secret] | None = None,
    ) -> httpx.Request:
        """Return a request.

        Raises:
            InputError: a text cannot be encoded. The error holds no word of it.
        """
        try:
            return httpx.Request(
                method,
                url,
                params=params,
                json=json,
                data={name: _plain(value) for name, value in form.items()} if form else None,
                headers={"User-Agent": f"rundbrief/{__version__}", **headers},
                extensions={"timeout": self._timeout, **terms.as_extension()},
            )
        except (UnicodeError, httpx.InvalidURL):
            pass  # either holds the whole text, so neither may be the cause of what is raised
        raise InputError(
            f"A text for {url.host} holds characters that cannot be sent.",
            hint="Look for broken characters in the contacts that changed last.",
        )


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
