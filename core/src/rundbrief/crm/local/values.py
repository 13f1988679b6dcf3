"""What is kept of the values that a contact is given."""

from collections.abc import Mapping

from rundbrief.models import FieldValue

__all__ = ["tidy"]


def tidy(values: Mapping[str, FieldValue | None]) -> dict[str, FieldValue]:
    """Trim texts and leave out what holds nothing."""
    tidied = {key: _tidy(value) for key, value in values.items()}
    return {key: value for key, value in tidied.items() if value not in (None, "", ())}


def _tidy(value: FieldValue | None) -> FieldValue | None:
    match value:
        case str():
            # NUL ends a text for many programs, so it never says anything.
            return value.replace("\0", "").strip()
        case tuple():
            return tuple(text for one in value if (text := one.replace("\0", "").strip()))
    return value
