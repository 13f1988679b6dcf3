"""Credentials as the header that carries them."""

from base64 import b64encode
from collections.abc import Mapping

from rundbrief.errors import SettingsError
from rundbrief.session import BasicAuth, HeaderAuth

__all__ = ["signed"]


def signed(auth: BasicAuth | HeaderAuth | None) -> Mapping[str, str]:
    """Return the header for these credentials.

    Raises:
        SettingsError: the token holds what a header cannot. The HTTP library would say so too, but show the token.
    """
    match auth:
        case None:
            return {}
        case BasicAuth(user, password):
            pair = b64encode(f"{user}:{password.reveal()}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        case HeaderAuth(token, name, prefix):
            value = f"{prefix}{token.reveal()}"
            if not (value.isascii() and value.isprintable()):
                raise SettingsError(
                    "The key or token holds characters that no key has.",
                    hint="Copy it again from the service: a line break or a typographic dash came along.",
                )
            return {name: value}
