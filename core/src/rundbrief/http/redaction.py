"""The layer on top of the line: what leaves it, as a log line or as an error, gives nobody away."""

import logging
import re
import time

import httpx

from rundbrief.http.failures import explained

__all__ = ["RedactionTransport", "log", "masked"]

log = logging.getLogger("rundbrief.http")

_PERSONAL = re.compile(r"(?<![^/?&=\s])[^/?&=\s]*(@|%40)[^/?&=\s]*|\b[0-9a-f]{32}\b", re.IGNORECASE)

# Both log whole URLs, and httpcore the headers as well. Its loggers (httpcore.http11 ...) inherit from this one.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def masked(text: str) -> str:
    """Return a path without the addresses, and the MD5 hashes of addresses, that stand in it."""
    return _PERSONAL.sub("…", text)


class RedactionTransport(httpx.BaseTransport):
    """Logs one line per request, and puts errors of ours in the place of httpx's, which hold URLs and headers."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.monotonic()
        place = f"{request.method} {masked(request.url.path)}"
        try:
            response = self._inner.handle_request(request)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            log.debug("%s: %s", place, type(error).__name__)
            failure = explained(error, request.url.host)
        else:
            log.debug("%s: %s in %.2f s", place, response.status_code, time.monotonic() - began)
            return response
        # Raised out here, it has neither cause nor context that a traceback could show.
        raise failure

    def close(self) -> None:
        self._inner.close()
