"""Small collections, page by page."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema

from rundbrief.session import Session
from rundbrief_mailchimp.schemas import read

__all__ = ["COUNT", "rows"]

COUNT = 1000
"""Rows a page may have at most. The service's own default is 10."""


def rows(
    session: Session, path: str, schema: type[Schema], collection: str, names: str
) -> Iterator[dict[str, Any]]:
    """Yield all rows of a collection that does not move while it is read.

    Args:
        collection: the key that holds the rows, such as `lists`.
        names: the fields of a row that are wanted, separated by blanks.
    """
    wanted = ",".join(["total_items", *(f"{collection}.{name}" for name in names.split())])
    offset, total = 0, 1
    while offset < total:
        params: dict[str, str | int] = {"fields": wanted, "count": COUNT, "offset": offset}
        page = read(session.http.get(path, params=params), schema)
        yield from page[collection]
        if not page[collection]:
            return
        offset, total = offset + len(page[collection]), page["total_items"]
