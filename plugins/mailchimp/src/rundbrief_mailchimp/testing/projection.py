"""Which part of a resource an answer holds: `count` and `offset`, `fields` and `exclude_fields`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rundbrief_mailchimp.testing.problems import Problem, invalid_value

__all__ = ["WHOLE", "Projection", "Shape", "collection"]

T = TypeVar("T")

DEFAULT_COUNT = 10
"""Trap: every collection gives ten rows unless asked for more."""
MAX_COUNT = 1000

WHOLE = "all"
"""The `count` of a GET operation in a batch that named none: all of the collection (docs: batch-operations)."""

Shape = Mapping[str, "Shape | None"]
"""The names that a resource has; None where anything may lie below."""
Tree = dict[str, "Tree"]
"""Names to keep or to drop; nothing below means everything below."""


class Projection:
    """What `fields` or `exclude_fields` of one request ask for.

    Raises:
        Problem: both are given, or one names a field that the resource does not have.
    """

    def __init__(self, query: Mapping[str, str], shape: Shape) -> None:
        self._keep = _tree(query.get("fields", ""))
        self._drop = _tree(query.get("exclude_fields", ""))
        if self._keep and self._drop:
            raise Problem(400, "Bad Request", "fields and exclude_fields cannot be used together.")
        _refuse_unknown(self._keep, shape)
        _refuse_unknown(self._drop, shape)

    def names_below(self, name: str) -> Iterable[str] | None:
        """Return which names of a collection's rows are needed, None for all: a page need not make the rest."""
        if not self._keep:
            return None
        if name not in self._keep:
            return ()
        return self._keep[name] or None

    def of(self, payload: Mapping[str, Any]) -> Any:
        """Return the part of an answer that was asked for."""
        if self._keep:
            return _kept(payload, self._keep)
        return _dropped(payload, self._drop) if self._drop else payload


def collection(
    name: str, rows: Sequence[T], query: Mapping[str, str], render: Callable[[T], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return one page, cut by `count` and `offset` out of the rows as they are at this moment.

    Trap: rows that move between two requests shift the pages, so that a row is missed or comes twice.

    Raises:
        Problem: `count` or `offset` is out of range.
    """
    offset = _number(query, "offset", 0)
    count = len(rows) if query.get("count") == WHOLE else _number(query, "count", DEFAULT_COUNT)
    if count > MAX_COUNT and query.get("count") != WHOLE:
        raise invalid_value("count", f"This value should be {MAX_COUNT} or less.")
    page = rows[offset : offset + count]
    return {name: [render(row) for row in page], "total_items": len(rows), "_links": []}


def _tree(names: str) -> Tree:
    root: Tree = {}
    for path in filter(None, (one.strip() for one in names.split(","))):
        branch = root
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return root


def _refuse_unknown(tree: Tree, shape: Shape) -> None:
    for name, below in tree.items():
        if name not in shape:
            raise invalid_value("fields", f"The field {name} does not exist.")
        inner = shape[name]
        if below and inner is not None:
            _refuse_unknown(below, inner)


def _kept(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_kept(row, tree) for row in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _kept(value[name], below) if below else value[name] for name, below in tree.items() if name in value
    }


def _dropped(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_dropped(row, tree) for row in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _dropped(inner, tree[name]) if tree.get(name) else inner
        for name, inner in value.items()
        if name not in tree or tree[name]
    }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise invalid_value(name, "This value should be a whole number, zero or more.")
    return int(text)
