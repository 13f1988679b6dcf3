"""Inserting many rows at once: what arrives is what SQLAlchemy's own insert would have written."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Connection, Integer, MetaData, String, Table, create_engine, insert

from rundbrief.bulk import insert_rows
from rundbrief.columns import FieldValues, Moment, Names

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

people = Table(
    "people",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("born", Moment),
    Column("fields", FieldValues, nullable=False),
    Column("lists", Names, nullable=False),
    Column("counts", JSON),
    Column("active", Boolean),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        people.create(connection)
        yield connection
    engine.dispose()


def person(name: str, **values: Any) -> dict[str, Any]:
    blank = {"born": None, "fields": {}, "lists": frozenset(), "counts": None, "active": None}
    return {"name": name, **blank, **values}


def kept(connection: Connection) -> list[tuple[Any, ...]]:
    """Return the rows as the file has them, without any conversion."""
    return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM people ORDER BY id")]


def test_values_are_kept_as_sqlalchemy_would_keep_them(connection: Connection) -> None:
    rows = [
        person("Ann", born=NOON, fields={"Größe": 1}, lists=frozenset({"b", "a"}), counts={"n": 1}, active=True),
        person("Bob"),
    ]
    connection.execute(insert(people), rows)
    expected = kept(connection)
    connection.exec_driver_sql("DELETE FROM people")
    insert_rows(connection, people, rows)
    assert kept(connection) == expected
    assert expected[0][2:] == ("2026-03-02T12:00:00.000000+00:00", '{"Größe": 1}', '["a", "b"]', '{"n": 1}', 1)


def test_no_rows_are_no_trouble(connection: Connection) -> None:
    insert_rows(connection, people, [])
    assert kept(connection) == []


def test_a_row_under_the_same_key_is_overwritten_where_that_is_asked_for(connection: Connection) -> None:
    insert_rows(connection, people, [person("Ann", active=True)])
    insert_rows(connection, people, [person("Ann", active=False), person("Bob")], overwrite=["name"])
    assert [(row[0], row[1], row[-1]) for row in kept(connection)] == [(1, "Ann", 0), (2, "Bob", None)]


def test_a_row_under_the_same_key_is_kept_where_that_is_asked_for(connection: Connection) -> None:
    insert_rows(connection, people, [person("Ann", active=True)])
    insert_rows(connection, people, [person("Ann", active=False), person("Bob")], keep=True)
    assert [(row[1], row[-1]) for row in kept(connection)] == [("Ann", 1), ("Bob", None)]
