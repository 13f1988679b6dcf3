"""Addresses: when two are the same, and how one is shown."""

import hashlib
import unicodedata

__all__ = ["address_key", "mask_address"]


def address_key(address: str) -> str:
    """Return the form in which two spellings of one e-mail address are equal.

    Trimmed, composed (NFC) and lower-cased as a whole: RFC 5321 lets the local part be case-sensitive, but no
    newsletter service treats it so, and a second "no" for another spelling must hit the first.
    """
    return unicodedata.normalize("NFC", address.strip()).lower()


def mask_address(address: str) -> str:
    """Return an address that a log line may show: `j…@e….org#1f3a` for jo@example.org.

    The four hexadecimal digits tell two masked addresses apart without giving either away.
    """
    local, _, domain = address_key(address).rpartition("@")
    name, dot, top = domain.rpartition(".")
    digest = hashlib.sha256(address_key(address).encode()).hexdigest()[:4]
    return f"{local[:1]}…@{name[:1]}…{dot}{top}#{digest}"
