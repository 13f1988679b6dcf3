"""The keys that this process uses, known by their value, so that they are found in whatever they turn up in.

A service may repeat a key in its refusal, and an exception of a library may hold the whole request.
"""

import re

__all__ = ["remember_secret", "without_secrets"]

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
