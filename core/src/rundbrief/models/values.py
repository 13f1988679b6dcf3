"""What a field holds."""

from datetime import date, datetime
from decimal import Decimal

from rundbrief.models.postal import PostalAddress

__all__ = ["FieldValue"]

FieldValue = str | bool | int | Decimal | date | datetime | tuple[str, ...] | PostalAddress
"""What one field of a contact holds. `datetime` is checked before `date`, `bool` before `int`."""
