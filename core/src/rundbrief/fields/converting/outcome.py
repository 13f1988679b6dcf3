"""What a conversion can come to, and what it has to know of the people here."""

from collections.abc import Callable
from dataclasses import dataclass

from rundbrief.models import FieldValue

__all__ = ["WORDS", "Convert", "Habits", "Partly", "Unfit"]

WORDS = {"en": ("yes", "no"), "de": ("ja", "nein")}
"""Language -> how yes and no are written in texts."""


class Unfit(ValueError):
    """A field cannot hold this value. The message ends a sentence, and never contains the value."""


@dataclass(frozen=True, slots=True)
class Partly:
    """What is left of a value, and what was lost of it."""

    value: FieldValue
    lost: str
    """Ends a sentence: `was cut to 255 bytes`."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How people write here what a service has no type for."""

    language: str = "en"
    """`en` or `de`: words for yes and no, and the decimal sign, in texts."""
    country: str | None = None
    """Two letters (ISO 3166): where telephone numbers and postal addresses without a country belong."""


Convert = Callable[[FieldValue], FieldValue | Partly]
"""Raises `Unfit`."""
