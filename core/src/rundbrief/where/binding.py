"""Which fields of a CRM a condition speaks of, and whether its values fit them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rundbrief.fields import CrmField
from rundbrief.where.excerpt import Mistake, veiled
from rundbrief.where.expectations import listed
from rundbrief.where.fitting import check_fit
from rundbrief.where.tree import BuiltIn, FieldLabel, FieldName, Node, Operand, OptInState, Target, tests
from rundbrief.where.values import folded

__all__ = ["bind"]

_HOW_TO_NAME = "Write a field's key (city), or its label in brackets ([Customer number])."


def bind(root: Node, fields: Sequence[CrmField], opt_in_keys: Iterable[str]) -> Mapping[Operand, Target]:
    """Return what each operand of a tree means.

    Raises:
        Mistake: there is no such field, or several; or a value or an operator does not fit the field.
    """
    catalogue = _Catalogue(fields, tuple(opt_in_keys))
    targets: dict[Operand, Target] = {}
    for test in tests(root):
        target = targets[test.operand] = catalogue.target(test.operand)
        check_fit(test, target)
    return targets


@dataclass(frozen=True, slots=True)
class _Catalogue:
    fields: Sequence[CrmField]
    opt_in_keys: Sequence[str]

    def target(self, operand: Operand) -> Target:
        match operand:
            case FieldName(name, position):
                if name.lower() in set(BuiltIn):
                    return BuiltIn(name.lower())
                return self._field(name, position, (_by_key, _by_any_key, _by_label))
            case FieldLabel(label, position):
                return self._field(label, position, (_by_label, _by_key, _by_any_key))
            case OptInState(key, position):
                return self._opt_in(key, position)

    def _field(self, name: str, position: int, ways: Sequence["_Way"]) -> CrmField:
        """The first way by which anything is found decides, so that a key is never hidden by another's label."""
        for way in ways:
            found = [field for field in self.fields if way(field, name)]
            if len(found) > 1:
                keys = listed([field.key for field in found], "or")
                raise Mistake(position, "several fields are called so", f"Write the key of one of them: {keys}.")
            if found:
                return found[0]
        raise Mistake(position, f"there is no field {_shown(name)}", self._nearest_field(name))

    def _opt_in(self, key: str, position: int) -> OptInState:
        if key in self.opt_in_keys:
            return OptInState(key, position)
        near = _nearest(key, {one: f"'{one}'" for one in self.opt_in_keys})
        hint = near or "`rundbrief lists CONNECTION --pull` makes one for each list."
        raise Mistake(position, f"there is no opt-in field {_shown(key)}", hint)

    def _nearest_field(self, name: str) -> str:
        labels = {field.label: f"[{field.label}]" for field in self.fields}
        keys = {key: key for key in (*BuiltIn, *(field.key for field in self.fields))}
        return _nearest(name, labels | keys) or _HOW_TO_NAME


_Way = Callable[[CrmField, str], bool]


def _by_key(field: CrmField, name: str) -> bool:
    return field.key == name


def _by_any_key(field: CrmField, name: str) -> bool:
    return folded(field.key) == folded(name)


def _by_label(field: CrmField, name: str) -> bool:
    return folded(field.label).split() == folded(name).split()


def _nearest(name: str, spellings: Mapping[str, str]) -> str:
    """Return a question after the name that looks most like this one; empty when none does."""
    by_fold = {folded(known): spelt for known, spelt in spellings.items()}
    near = get_close_matches(folded(name)[:100], by_fold, n=1)
    return f"Did you mean {by_fold[near[0]]}?" if near else ""


def _shown(name: str) -> str:
    printable = "".join(one if one.isprintable() else "?" for one in veiled(name))
    return f'"{printable[:60]}"'
