"""Which addresses a request may go to: encrypted, and below the one that the settings name.

httpx's own parser reads them, so that nothing can look safe here and be something else on the wire.
"""

from ipaddress import ip_address

import httpx

from rundbrief.errors import InputError, ProtocolError, SettingsError

__all__ = ["below", "file_address", "host_of", "service_address"]

_NO_PATH = frozenset("?#\\")
"""What ends a path, or counts as a slash for some. In an id, it would make another request of it."""


def service_address(text: str, setting: str = "base_url") -> httpx.URL:
    """Return the URL that a service's credentials may be sent to.

    Args:
        setting: the name it has in the messages.

    Raises:
        SettingsError: it is no address, not https (http is for this machine), or holds more than host and path.
    """
    url = _parsed(text)
    if url is None:
        raise SettingsError(f"{setting} is not an address.", hint="It has the form https://api.example.org/v3.")
    if not _is_private(url):
        raise SettingsError(
            f"The address {url.scheme or '?'}://{url.host} is not https.",
            hint="Keys and addresses travel encrypted only; plain http works on this machine alone (127.0.0.1).",
        )
    if url.userinfo or url.query or url.fragment:
        raise SettingsError(
            f"{setting} for {url.host} holds more than https, the host and a path.",
            hint='Leave out what follows a "?" or stands before an "@"; a key is a setting of its own.',
        )
    return url


def file_address(text: str, base: httpx.URL) -> httpx.URL:
    """Return the URL of a file that a service names.

    Only a service on this machine, which is a sandbox, may name one on this machine.

    Args:
        base: where the service is.

    Raises:
        ProtocolError: it is no address, not https, or on this machine.
    """
    url = _parsed(text)
    if url is None or not _is_private(url):
        raise ProtocolError("The service named a file whose address is not https.")
    if _is_loopback(url.host) and not _is_loopback(base.host):
        raise ProtocolError("The service named a file on this machine, where it cannot have one.")
    return url


def below(base: httpx.URL, path: str) -> httpx.URL:
    """Return the URL of a path below a base URL.

    Args:
        path: a path alone; what stands behind a "?" is handed over as parameters.

    Raises:
        InputError: the path leads out of the base, or cannot be part of an address: an id in it is none.
    """
    url = _parsed(f"{str(base).rstrip('/')}/{path.lstrip('/')}")
    root = f"{base.path.rstrip('/')}/"
    if (
        url is None
        or not _NO_PATH.isdisjoint(path)
        or not url.path.startswith(root)
        or ".." in url.path.split("/")
    ):
        raise InputError(
            f"An id in a request to {base.host} cannot be part of an address.",
            hint="Check the ids on the command line and in rundbrief.toml.",
        )
    return url


def host_of(text: str) -> str | None:
    """Return an address's host, which is all of it that a message may show; None without one."""
    url = _parsed(text)
    return None if url is None else url.host


def _parsed(text: str) -> httpx.URL | None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        return None
    return url if _can_be_dialled(url) else None


def _can_be_dialled(url: httpx.URL) -> bool:
    """Tell whether the socket below takes host and port; for others it raises errors that nobody expects."""
    labels = url.host.removesuffix(".").split(".")
    return (url.port or 0) <= 65_535 and all(0 < len(label) <= 63 for label in labels)


def _is_private(url: httpx.URL) -> bool:
    """Tell whether nobody can listen in: the line is encrypted, or does not leave this machine."""
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
