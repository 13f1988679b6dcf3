"""What a plugin is handed to talk to its service: a ready HTTP client, validated settings, a patient clock.

Only shapes live here. The client behind `HttpClient` is `rundbrief.http`'s, so that a plugin never imports an
HTTP library and every request of every plugin obeys the same retries, limits and redaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rundbrief.known_secrets import remember_secret

__all__ = [
    "Allowance",
    "BasicAuth",
    "Endpoint",
    "HeaderAuth",
    "HttpClient",
    "OAuth",
    "Query",
    "Rate",
    "Response",
    "Secret",
    "Session",
]


class Secret:
    """A key or token that no log line, report or traceback shows. `reveal` is the only way to it.

    Its value is masked from then on in what is logged, reported or told, wherever it comes from.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        remember_secret(value)
        self._value = value

    def reveal(self) -> str:
        """Return the key itself, to be sent and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """HTTP Basic: `Authorization: Basic base64(user:password)`."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class HeaderAuth:
    """A token in a header, such as `Authorization: Bearer ...` or `api-key: ...`."""

    token: Secret
    name: str = "Authorization"
    prefix: str = "Bearer "


@dataclass(frozen=True, slots=True)
class OAuth:
    """Bearer tokens that the host fetches, keeps and renews (RFC 6749, sections 4.4 and 6).

    A token is renewed before it expires, and once when the service answers 401 all the same.
    """

    token_url: str
    """Where tokens are fetched: an absolute URL."""
    client_id: str = field(repr=False)
    client_secret: Secret
    refresh_token: Secret | None = None
    """What the first token is fetched with; None: the client's credentials alone. Where each renewal brings a new
    one, the host keeps it before the access token is used, as the old one is worthless by then."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in any window of `seconds`."""

    limit: int
    seconds: float
    budget: str = ""
    """Which requests count: those that `Endpoint.budget` pays from the budget of this name."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an answer says is left of the budget that its request was paid from."""

    remaining: int
    """Requests."""
    reset_seconds: float
    """Until the budget is full again."""


class Response(Protocol):
    """A complete answer. Retries are over; 401, missing rights, 429 and 5xx have become exceptions already."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header names compare without case."""

    @property
    def content(self) -> bytes:
        """The body as it came."""

    def json(self) -> Any:
        """Return the decoded body; `ProtocolError` when it is not JSON."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a connection's service is, and how it wants to be spoken to. Made from the settings."""

    base_url: str
    """Every path of a request stands below it."""
    auth: BasicAuth | HeaderAuth | OAuth | None = None
    timeout: float = 60.0
    """Seconds without a byte before a request counts as lost."""
    is_throttled: Callable[[Response], bool] | None = None
    """Recognises an answer that means *too many requests* without being a 429."""
    is_permission_missing: Callable[[Response], bool] | None = None
    """Tells a 403 for a missing right from one about a single record; None: every 403 is about a right."""
    budget: Callable[[str], str] | None = None
    """Path below the base URL -> the budget that a request is paid from; None: there is one, named by no name."""
    allowance: Callable[[Response], Allowance | None] | None = None
    """Reads what the service's headers say is left; None as an answer: they do not say."""


Query = Mapping[str, str | int | Sequence[str]]
"""The query of a URL: name -> value; several values are sent one after another under the same name."""


class HttpClient(Protocol):
    """One account's client: base URL, credentials, retry, rate budget, concurrency and redaction built in.

    Every method raises from `rundbrief.errors`: `SignInAgain` (401), `PermissionMissing` (403), `RateLimited`
    and `ServiceUnavailable` (after the time for retries was used up), `ProtocolError` (an answer that is not
    HTTP, or larger than allowed). Any other answer, 4xx included, comes back to the plugin.
    """

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        """Send one request below the base URL and return the whole answer.

        `idempotent` tells whether the request may be sent again when its answer was lost; by default GET, HEAD,
        PUT and DELETE may, POST and PATCH may not. An answer that says *not now* (429, 503) is retried always,
        as the service did not act on it.
        """

    def get(self, path: str, *, params: Query | None = None) -> Response: ...
    def post(
        self,
        path: str,
        *,
        json: Any = None,
        params: Query | None = None,
        idempotent: bool = False,
    ) -> Response: ...
    def put(self, path: str, *, json: Any = None) -> Response: ...
    def patch(self, path: str, *, json: Any = None, idempotent: bool = False) -> Response: ...
    def delete(self, path: str) -> Response:
        """Send a DELETE without a body; one that needs a body goes by `request`."""

    def download(self, url: str, *, max_bytes: int) -> bytes:
        """Fetch a file from an absolute URL without credentials: https only (http on loopback), size-bounded."""


@dataclass(frozen=True, slots=True)
class Session:
    """One connection to one account, for as long as a run lasts."""

    connection: str
    """The connection's name in the configuration."""
    settings: Mapping[str, Any] = field(repr=False)
    """What the plugin's settings schema made of the configuration; secrets are `Secret`."""
    http: HttpClient = field(repr=False)
    """The account's client. All requests go through it."""
    wait: Callable[[float], None] = field(repr=False)
    """Sleep so many seconds; raises `Interrupted` at once when the run is asked to stop."""
