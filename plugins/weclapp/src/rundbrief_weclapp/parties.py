"""Keeping the mirror in step with the tenant: in full once, and afterwards by what has changed.

A read of the changes reaches back a few minutes, as a list may be stale for a moment after a write. What was
deleted shows in no list, only in the number of parties; when that differs, the ids are compared.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rundbrief.paging import answered_at
from rundbrief.session import Response
from rundbrief_weclapp.api import Api
from rundbrief_weclapp.mirror import Mirror
from rundbrief_weclapp.schemas import NamedSchema, PartySchema
from rundbrief_weclapp.values import milliseconds

__all__ = ["PROPERTIES", "Parties"]

REACH_BACK = timedelta(minutes=5)

PROPERTIES = ",".join(field.data_key or name for name, field in PartySchema().fields.items())
"""Asked for by name: a party has more than a hundred properties."""


class Parties:
    def __init__(self, api: Api, mirror: Mirror) -> None:
        self._api = api
        self._mirror = mirror

    def refresh(self, *, and_deletions: bool = False) -> None:
        """Bring the mirror up to date.

        Args:
            and_deletions: look for deleted parties, too; one request more, and some if there are any.
        """
        since = self._mirror.read_until
        changes = {} if since is None else {"lastModifiedDate-ge": str(milliseconds(since - REACH_BACK))}
        seen: set[str] = set()
        began = None
        for page, response in self._api.pages("party", PartySchema, properties=PROPERTIES, **changes):
            began = began or answered_at(response)
            self._mirror.put(page)
            seen.update(row["id"] for row in page)
        if since is None:
            self._mirror.remove(self._mirror.ids() - seen)
        elif and_deletions and self._api.count("party") != self._mirror.count():
            there = {row["id"] for row in self._api.rows("party", NamedSchema, properties="id")}
            self._mirror.remove(self._mirror.ids() - there)
        # By the beginning: who changed on a page that had been read already comes with the next changes.
        assert began is not None
        self._mirror.is_read_until(began)

    def now(self, party_id: str) -> Mapping[str, Any] | None:
        """Read one party by its id, which is never stale; None when it is gone."""
        response = self._api.http.get(f"/party/id/{party_id}")
        return self.take_in(party_id, response)

    def take_in(self, party_id: str, response: Response) -> Mapping[str, Any] | None:
        """Take in a single party as an answer has it; None, and out of the mirror, when it is gone."""
        if response.status == 404:
            self._mirror.remove([party_id])
            return None
        party = self._api.loaded(response, PartySchema)
        self._mirror.put([party])
        return party
