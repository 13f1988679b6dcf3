"""The address where a service hands out tokens (RFC 6749)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
from marshmallow import ValidationError, fields, validate

from rundbrief.errors import ProtocolError, SignInAgain
from rundbrief.http.answers import WireResponse, refuse_busy, refuse_redirect
from rundbrief.http.terms import Terms
from rundbrief.http.tokens import StoredTokens, fingerprint
from rundbrief.http.urls import service_address
from rundbrief.http.wire import WireSchema, load
from rundbrief.http.writing import RequestWriter
from rundbrief.session import OAuth, Secret

__all__ = ["TokenEndpoint"]

# Asked again when an answer was lost: a refresh token that was used up unseen is lost with or without that.
_TERMS = Terms(idempotent=True, max_bytes=64 * 1024)

_HOUR = 3600.0
_CENTURY = 100 * 365 * 24 * _HOUR

_ADVICE = {
    "invalid_client": "Check client_id and client_secret in rundbrief.toml.",
    "invalid_grant": "Connect the app again, and put the new refresh token where rundbrief.toml takes it from.",
    "invalid_scope": "Give the app the rights it needs, in the service's own settings.",
    "invalid_request": "Check client_id and client_secret in rundbrief.toml.",
    "unauthorized_client": "Allow the app to sign in by itself, in the service's own settings.",
    "unsupported_grant_type": "Connect the app, and put its refresh token where rundbrief.toml takes it from.",
}
"""What to do about each error of RFC 6749, section 5.2."""


class TokenEndpoint:
    """Asks a service for tokens.

    Args:
        line: takes the request to the service, with retries and without credentials.

    Raises:
        SettingsError: the token URL is no plain https address (or http on this machine).
    """

    def __init__(
        self, auth: OAuth, line: httpx.BaseTransport, write: RequestWriter, *, now: Callable[[], datetime]
    ) -> None:
        self._auth = auth
        self._url = service_address(auth.token_url, "token_url")
        self._line = line
        self._write = write
        self._now = now

    def fetch(self, refresh_token: Secret | None) -> StoredTokens:
        """Return new tokens, for a refresh token or, without one, for the client's credentials.

        Raises:
            SignInAgain: the service refuses either.
            RateLimited, ServiceUnavailable, ProtocolError: as every request.
        """
        asked_at = self._now()
        response = self._line.handle_request(self._request(refresh_token))
        refuse_busy(response, self._url.host, now=self._now())
        refuse_redirect(response, self._url.host)
        _refuse_credentials(response, self._url.host)
        granted = _granted(response)
        rotated = granted["refresh_token"] or refresh_token
        return StoredTokens(
            granted["access_token"],
            asked_at + timedelta(seconds=_good_for(granted["expires_in"])),
            # The client's credentials alone are to be used again where the configuration has nothing else.
            rotated if refresh_token else None,
            fingerprint(self._auth),
        )

    def _request(self, refresh_token: Secret | None) -> httpx.Request:
        form: dict[str, str | Secret] = {
            "grant_type": "refresh_token" if refresh_token else "client_credentials",
            "client_id": self._auth.client_id,
            "client_secret": self._auth.client_secret,
        }
        if refresh_token:
            form["refresh_token"] = refresh_token
        return self._write("POST", self._url, _TERMS, headers={"Accept": "application/json"}, form=form)


def _key(value: Any) -> Secret:
    """Wrap a token before anything that fails could show it. RFC 6749, appendix A, says what one is made of."""
    if not (isinstance(value, str) and value and value.isascii() and value.isprintable()):
        raise ValidationError("Not a token.")
    return Secret(value)


class _Granted(WireSchema):
    """RFC 6749, section 5.1. `expires_in` is in seconds; a service need not send it."""

    access_token = fields.Function(deserialize=_key, required=True)
    token_type = fields.String(load_default="Bearer", validate=validate.Regexp("(?i)bearer$"))
    expires_in = fields.Float(load_default=_HOUR, validate=validate.Range(0, _CENTURY))
    refresh_token = fields.Function(deserialize=_key, load_default=None)


def _granted(response: httpx.Response) -> Mapping[str, Any]:
    try:
        granted: Mapping[str, Any] = load(_Granted, WireResponse(response).json())
    except ProtocolError as error:
        failure = error.with_traceback(None)  # the frames below hold the tokens in plain text
    else:
        return granted
    raise failure


def _refuse_credentials(response: httpx.Response, host: str) -> None:
    """Raise for an answer without a token; some services send their errors with a 200."""
    code = _error_code(response)
    if code:
        raise SignInAgain(f"{host} handed out no access token ({code}).", hint=_ADVICE[code])
    if response.status_code in (400, 401, 403):
        raise SignInAgain(f"{host} handed out no access token.", hint=_ADVICE["invalid_client"])
    if response.status_code >= 400:
        raise ProtocolError(
            f"{host} answered {response.status_code} where it should hand out access tokens.",
            hint="Check the addresses in rundbrief.toml.",
        )


def _error_code(response: httpx.Response) -> str:
    """Return the code if it is one of RFC 6749, section 5.2; empty for all else, which is not to be shown."""
    try:
        payload = WireResponse(response).json()
    except ProtocolError:
        return ""
    code = payload.get("error") if isinstance(payload, dict) else None
    return code if isinstance(code, str) and code in _ADVICE else ""


def _good_for(lifetime: float) -> float:
    """Return for how long to use a token of so many seconds.

    It is renewed 5 % early and at least a minute, so that one that is on its way does not expire there; one that
    lives only minutes, after half its time.
    """
    early = min(max(0.05 * lifetime, 60.0), lifetime / 2)
    return lifetime - early
