"""Inserting rows by the thousand.

SQLAlchemy makes a dictionary of parameters for each row of an `executemany`, and looks every value up in it again.
With ten rows for each contact that takes longer than SQLite itself, so here it only writes the statement, once for
each shape of it, and the values go to the driver as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

__all__ = ["insert_rows"]

Binder = Callable[[Any], Any]
"""From a column's value to what the driver takes."""

_DIALECT = sqlite.dialect()


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    overwrite: Sequence[str] = (),
    keep: bool = False,
) -> None:
    """Insert rows, which have the same columns.

    Args:
        overwrite: the columns of a key; a row that is there under the same one is overwritten.
        keep: a row that is there under the same key, whichever it is, stays as it is.
    """
    if not rows:
        return
    statement, columns, binders = _insert(table, tuple(rows[0]), tuple(overwrite), keep)
    values_of = itemgetter(*columns)
    parameters = []
    for row in rows:
        values = list(values_of(row))
        for position, bind in binders:
            values[position] = bind(values[position])
        parameters.append(tuple(values))
    connection.exec_driver_sql(statement, parameters)


@cache
def _insert(
    table: Table, columns: tuple[str, ...], overwrite: tuple[str, ...], keep: bool
) -> tuple[str, Sequence[str], Sequence[tuple[int, Binder]]]:
    """Return the statement, the columns in the order of its parameters, and which of them are to be converted."""
    statement = sqlite.insert(table)
    if overwrite:
        new = {name: statement.excluded[name] for name in columns if name not in overwrite}
        statement = statement.on_conflict_do_update(index_elements=overwrite, set_=new)
    elif keep:
        statement = statement.on_conflict_do_nothing()
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns))
    order = compiled.positiontup
    assert order is not None
    binders = []
    for position, name in enumerate(order):
        bind = table.c[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        if bind is not None:
            binders.append((position, bind))
    return str(compiled), order, binders
