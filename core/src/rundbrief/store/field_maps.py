"""The field maps by which data was sent last."""

from sqlalchemy import Connection, select

from rundbrief.store import schema
from rundbrief.store.recipients import upsert

__all__ = ["FieldMaps"]


class FieldMaps:
    def __init__(self, transaction: Connection, connection: str) -> None:
        self._transaction = transaction
        self._connection = connection

    def signature(self, list_id: str) -> str | None:
        table = schema.field_maps
        here = (table.c.connection == self._connection, table.c.list_id == list_id)
        return self._transaction.execute(select(table.c.signature).where(*here)).scalar_one_or_none()

    def put(self, list_id: str, signature: str) -> None:
        row = {"connection": self._connection, "list_id": list_id, "signature": signature}
        upsert(self._transaction, schema.field_maps, [row], "connection", "list_id")
