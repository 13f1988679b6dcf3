"""Texts of others, such as a service's refusal, made fit for a log and a report.

The keys that this process uses are known here by their value, so that they are found in whatever they turn up in:
a service may repeat a key in its refusal, and an exception of a library hold the whole request.
"""

import re
from urllib.parse import unquote

from rundbrief.models import mask_address

__all__ = ["mask_addresses", "remember_secret", "without_secrets"]

_ADDRESS = re.compile(
    r"""(?<![^\s"<>(),;:])[^\s"<>(),;:]+(?:@|%40)[^\s"'<>(),;:]*[^\s"'<>(),;:.!?]""", re.IGNORECASE
)
"""Tried at the beginning of a word only: at each letter of a long one, it would take for ever."""
_LONGEST_READ = 5_000

_A_WORD = re.compile(r"[^\W\d_]{0,19}|.{0,7}", re.DOTALL)
"""What is no key, as any sentence may hold it: masked, it would leave holes where nothing is to be hidden."""

_secrets: set[str] = set()


def remember_secret(value: str) -> None:
    """Note a key or token, in clear, that no text may show from now on. Mere words are not noted."""
    if not _A_WORD.fullmatch(value):
        _secrets.add(value)


def without_secrets(text: str) -> str:
    """Return a text with every key and token in it masked that this process has come across."""
    # The longest first: one key may be the beginning of another. A copy, as threads add to the set.
    for secret in sorted(_secrets.copy(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def mask_addresses(text: str, longest: int = 300) -> str:
    """Return a text with every address and key in it masked, and not longer than a line of a report.

    Args:
        text: in it, an address may be written for a URL (`jo%40example.org`).
        longest: characters of the result.
    """
    read = without_secrets(text[:_LONGEST_READ])
    return _ADDRESS.sub(lambda found: mask_address(unquote(found[0])), read)[:longest]
