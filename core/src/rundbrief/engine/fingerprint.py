"""The fingerprint of a recipient's data: equal data, equal fingerprint, on whichever side it was read."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal

from rundbrief.models import FieldValue

__all__ = ["fingerprint_of"]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def fingerprint_of(fields: Mapping[str, FieldValue]) -> str:
    """Return 32 hexadecimal digits for the remote fields of a recipient.

    Empty and missing are the same, as services do not tell them apart; so are 1.5 and 1.50.
    """
    filled = {key: _spelt(value) for key, value in fields.items() if value not in ("", None, ())}
    text = _encode(sorted(filled.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _spelt(value: FieldValue) -> str:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return f"{Decimal(value).normalize():f}"
    return str(value)
