"""Texts of others, such as a service's refusal, made fit for a log and a report."""

import re
from urllib.parse import unquote

from rundbrief.known_secrets import without_secrets
from rundbrief.models import mask_address

__all__ = ["mask_addresses"]

_ADDRESS = re.compile(
    r"""(?<![^\s"<>(),;:])[^\s"<>(),;:]+(?:@|%40)[^\s"'<>(),;:]*[^\s"'<>(),;:.!?]""", re.IGNORECASE
)
"""Tried at the beginning of a word only: at each letter of a long one, it would take for ever."""
_LONGEST_READ = 5_000


def mask_addresses(text: str, longest: int = 300) -> str:
    """Return a text with every address and key in it masked, and not longer than a line of a report.

    Args:
        text: in it, an address may be written for a URL (`jo%40example.org`).
        longest: characters of the result.
    """
    read = without_secrets(text[:_LONGEST_READ])
    return _ADDRESS.sub(lambda found: mask_address(unquote(found[0])), read)[:longest]
