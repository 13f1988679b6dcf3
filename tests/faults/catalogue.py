"""The faults: the columns of the matrix."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from rundbrief.testing.faults import (
    Fault,
    answer_with,
    dripping,
    edited,
    gigantic,
    html_error,
    lost_after,
    lost_before,
    meanwhile,
    redirected,
    refused,
    retry_after,
    retry_at,
    timeout_after,
    truncated,
    untrusted,
    wrong_typed,
)
from rundbrief.testing.sandbox import ManualClock

__all__ = ["FAMILIES", "FAULTS", "Surroundings", "Trouble"]

PATIENCE_ASKED_FOR = 90
"""Seconds: more than one backoff, and less than a run waits."""

MORE_THAN_ANY = 65 * 1024 * 1024
"""Bytes: more than an answer may have."""

LOGIN_PAGE = "<!doctype html><html><body>Please sign in to the guest network.</body></html>"
ERROR_OBJECT = json.dumps({"error": {"code": 500, "message": "Internal error"}})


@dataclass(frozen=True)
class Surroundings:
    """What a fault may have to know of the service that it happens to."""

    theirs: ManualClock
    """The clock of the service."""
    expire_tokens: Callable[[], object] | None
    """None: the service's credentials do not expire."""
    wait: Callable[[float], object]
    """Passes time for everybody."""


@dataclass(frozen=True)
class Trouble:
    """One fault."""

    name: str
    meaning: str
    make: Callable[[Surroundings], Fault | None]
    """None: it cannot happen to this service."""
    needs_a_job: bool = False
    """It can happen only where somebody asks after an asynchronous job."""


def _always(fault: Fault) -> Callable[[Surroundings], Fault]:
    return lambda _: fault


def _until_a_moment(around: Surroundings) -> Fault:
    return lambda answer: retry_at(around.theirs() + timedelta(seconds=PATIENCE_ASKED_FOR))(answer)


def _token_expires(around: Surroundings) -> Fault | None:
    return meanwhile(around.expire_tokens) if around.expire_tokens else None


def _status(word: str) -> Callable[[Surroundings], Fault]:
    """Let an asynchronous job have another status than it has."""

    def change(document: object) -> object:
        return {**document, "status": word} if isinstance(document, dict) and "status" in document else document

    return _always(edited(change))


FAMILIES: dict[str, list[Trouble]] = {
    "It does not want to, or cannot": [
        Trouble("429, seconds", "asks to wait 90 seconds", _always(retry_after(PATIENCE_ASKED_FOR))),
        Trouble("429, date", "asks to wait until a moment, 90 seconds from now", _until_a_moment),
        Trouble("429", "too many requests, without a word about the time", _always(answer_with(429))),
        Trouble("500", "an error of its own", _always(answer_with(500))),
        Trouble(
            "500 after", "the same, after the request had its effect", _always(answer_with(500, applied=True))
        ),
        Trouble("502 HTML", "the page of a proxy", _always(html_error(502))),
        Trouble("503", "not now", _always(answer_with(503))),
        Trouble("504", "a proxy has waited in vain", _always(answer_with(504))),
        Trouble("401", "the key is no longer taken", _always(answer_with(401))),
        Trouble("token expires", "the access token ends just before the request", _token_expires),
        Trouble("job fails", "an asynchronous job ends without its work done", _status("failed"), True),
        Trouble("job vanishes", "nobody knows the asynchronous job any more", _always(answer_with(404)), True),
        Trouble("job never ends", "an asynchronous job stays under way", _status("pending"), True),
    ],
    "The line is bad": [
        Trouble("refused", "nobody listens", _always(refused)),
        Trouble("reset before", "the line breaks, and the request had no effect", _always(lost_before)),
        Trouble("reset after", "the line breaks, after the request had its effect", _always(lost_after)),
        Trouble("timeout after", "no answer in time; the request had its effect", _always(timeout_after)),
        Trouble("redirect", "sent on to another host", _always(redirected("https://elsewhere.example/api"))),
        Trouble("certificate", "it cannot prove who it is", _always(untrusted)),
    ],
    "The answer is not what it should be": [
        Trouble("truncated", "it ends in its middle", _always(truncated)),
        Trouble(
            "empty", "200 without a body; the request had its effect", _always(answer_with(200, applied=True))
        ),
        Trouble(
            "not JSON",
            "the sign-in page of a hotel",
            _always(answer_with(200, body=LOGIN_PAGE, content_type="text/html")),
        ),
        Trouble("wrong types", "the right shape, with texts for numbers and the like", _always(wrong_typed)),
        Trouble(
            "error in a 200",
            "an object that tells of an error, with a status of success",
            _always(answer_with(200, body=ERROR_OBJECT, content_type="application/json")),
        ),
        Trouble("gigantic", "larger than 64 MB", _always(gigantic(MORE_THAN_ANY))),
        Trouble("dripping", "byte by byte, without an end", lambda around: dripping(around.wait)),
    ],
}
"""Title -> the faults of this kind."""

FAULTS = {one.name: one for family in FAMILIES.values() for one in family}
