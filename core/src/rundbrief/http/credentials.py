"""Credentials as the header that carries them."""

from base64 import b64encode
from collections.abc import Mapping

from rundbrief.errors import SettingsError
from rundbrief.session import BasicAuth, HeaderAuth, OAuth, Secret

__all__ = ["signed"]


def signed(auth: BasicAuth | HeaderAuth | OAuth | None) -> Mapping[str, str]:
    """Return the header for these credentials; none for OAuth, whose tokens come and go with `http.oauth`.

    Raises:
        SettingsError: a key holds what a header cannot. The HTTP library would say so too, but show the key.
    """
    match auth:
        case None:
            return {}
        case BasicAuth(user, password):
            pair = Secret(b64encode(f"{user}:{password.reveal()}".encode()).decode())
            return {"Authorization": f"Basic {pair.reveal()}"}
        case HeaderAuth(token, name, prefix):
            _require_key(token)
            return {name: f"{prefix}{token.reveal()}"}
        case OAuth():
            for key in (Secret(auth.client_id), auth.client_secret, auth.refresh_token):
                _require_key(key)
            return {}


def _require_key(key: Secret | None) -> None:
    """Refuse what no key is made of (for OAuth: RFC 6749, appendix A), such as the line break of a copied one."""
    if key is not None and not (key.reveal().isascii() and key.reveal().isprintable()):
        raise SettingsError(
            "The key or token holds characters that no key has.",
            hint="Copy it again from the service: a line break or a typographic dash came along.",
        )
