"""Making new fields at a service: which kind, and under what key."""

import re
from collections.abc import Collection, Iterable, Sequence

from rundbrief.fields.lettering import spell_out
from rundbrief.fields.matrix import Quality, cell
from rundbrief.fields.model import CrmField, FieldKind
from rundbrief.fields.types import FieldType

__all__ = ["best_kind", "new_key", "not_made"]

_WITH_CHOICES = (FieldType.CHOICE, FieldType.CHOICES)


def best_kind(field: CrmField, kinds: Sequence[FieldKind]) -> FieldKind:
    """Return the kind of field that holds a CRM field's values best: its own type, else text.

    Raises:
        LookupError: the service has no kind that loses nothing.
    """
    able = [one for one in kinds if one.is_creatable and (one.type not in _WITH_CHOICES or field.choices)]
    wider = (FieldType.NUMBER,) if field.type is FieldType.INTEGER else ()
    for kind in (field.type, *wider, FieldType.TEXT):
        is_good = kind is field.type or cell(field.type, kind).quality is Quality.EXACT
        found = next((one for one in able if one.type is kind), None)
        if found and is_good:
            return found
    raise LookupError(field.type)


def new_key(label: str, taken: Collection[str], *, upper: bool, longest: int) -> str:
    """Return a key for a new field: letters of ASCII, digits and underscores, unlike every one that is taken.

    It depends on the label and on what is taken alone, so it is the same again for the same.

    Args:
        taken: the keys that are there, in any spelling of capitals.
        upper: whether the service spells keys in capitals.
        longest: so many characters a key may have.
    """
    plain = spell_out(label).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "field"
    words = words if words[0].isalpha() else f"f_{words}"
    there = {one.casefold() for one in taken}
    key, number = words[:longest].rstrip("_"), 2
    while key in there:
        ending = str(number)
        key, number = words[: longest - len(ending)].rstrip("_") + ending, number + 1
    return key.upper() if upper else key


def not_made(refused: Iterable[tuple[CrmField, str]]) -> tuple[str, ...]:
    """Return a sentence for each reason that a service gave, with the fields that it refused to make for it.

    Args:
        refused: fields, each with the service's words.
    """
    labels: dict[str, list[str]] = {}
    for field, reason in refused:
        labels.setdefault(reason, []).append(field.label)
    return tuple(
        f"{', '.join(those)} {'were' if len(those) > 1 else 'was'} not made: {reason}"
        for reason, those in labels.items()
    )
