"""Filters and order of a list, as its address spells them: `email-eq=`, `id-in=["1","2"]`, `sort=-id`.

Trap: what cannot be filtered by is ignored without a word, and everything comes. An unknown order is refused.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from rundbrief_weclapp.testing.kinds import Kind
from rundbrief_weclapp.testing.problems import invalid

__all__ = ["matching", "ordered"]

Entity = Mapping[str, Any]
Test = Callable[[Any], bool]

_FILTER = re.compile(
    r"(?P<group>or\w*-)?(?P<name>\w+)-(?P<operator>eq|ne|lt|gt|le|ge|null|notnull|like|notlike|ilike|notilike|in|notin)"
)
_ATTRIBUTE = re.compile(r"customAttribute(\d+)")


def matching(kind: Kind, query: Iterable[tuple[str, str]]) -> Callable[[Entity], bool]:
    """Return a test that an entity has to pass."""
    every: list[Callable[[Entity], bool]] = []
    either: dict[str, list[Callable[[Entity], bool]]] = {}
    for key, text in query:
        found = _FILTER.fullmatch(key)
        test = found and _test(kind, found["name"], found["operator"], text)
        if found and test:
            (either.setdefault(found["group"], []) if found["group"] else every).append(test)

    def holds(entity: Entity) -> bool:
        return all(one(entity) for one in every) and all(
            any(one(entity) for one in group) for group in either.values()
        )

    return holds


def ordered(kind: Kind, entities: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Return entities in the order that is asked for.

    Raises:
        Problem: there is no such property.
    """
    for part in reversed([one.strip() for one in sort.split(",") if one.strip()]):
        name = part.removeprefix("-")
        if name not in kind.all:
            raise invalid(f"{name} cannot be sorted by", "sort")
        entities = sorted(entities, key=lambda one: _sortable(one.get(name)), reverse=part.startswith("-"))
    return entities


def _test(kind: Kind, name: str, operator: str, text: str) -> Callable[[Entity], bool] | None:
    attribute = _ATTRIBUTE.fullmatch(name)
    if attribute is None and (name not in kind.all or name in kind.not_filterable):
        return None
    compare = _comparison(operator, text)

    def holds(entity: Entity) -> bool:
        return compare(_attribute(entity, attribute[1]) if attribute else entity.get(name))

    return holds


def _attribute(entity: Entity, definition: str) -> Any:
    for one in entity.get("customAttributes", ()):
        if one["attributeDefinitionId"] == definition:
            return next((value for key, value in one.items() if key != "attributeDefinitionId"), None)
    return None


def _comparison(operator: str, text: str) -> Test:
    match operator:
        case "null":
            return lambda value: value is None
        case "notnull":
            return lambda value: value is not None
        case "in" | "notin":
            wanted = [str(one) for one in _list(text)]
            return lambda value: (_spelt(value) in wanted) is (operator == "in")
        case "like" | "notlike" | "ilike" | "notilike":
            return _likeness(operator, text)
        case "eq":
            return lambda value: value is not None and _spelt(value) == text
        case "ne":
            return lambda value: value is None or _spelt(value) != text
        case _:
            return _inequality(operator, text)


def _likeness(operator: str, text: str) -> Test:
    ignores_case = "ilike" in operator
    pattern = (text.lower() if ignores_case else text).replace("%", "*").replace("_", "?")

    def holds(value: Any) -> bool:
        spelt = _spelt(value) if value is not None else ""
        return fnmatchcase(spelt.lower() if ignores_case else spelt, pattern) is not operator.startswith("not")

    return holds


def _inequality(operator: str, text: str) -> Test:
    def holds(value: Any) -> bool:
        if value is None:
            return False
        mine, other = _sortable(value), _sortable(text)
        return {"lt": mine < other, "gt": mine > other, "le": mine <= other, "ge": mine >= other}[operator]

    return holds


def _list(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise invalid("a JSON array is expected", "in")
    return found


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _sortable(value: Any) -> tuple[int, float, str]:
    """Return a key in which numbers, also those that are spelt as texts, stand before other texts."""
    text = _spelt(value) if value is not None else ""
    return (0, float(text), "") if re.fullmatch(r"-?\d+(\.\d+)?", text) else (1, 0.0, text)
