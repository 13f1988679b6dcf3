"""Asking weclapp: pages in the order of ids, single entities, and refusals in words.

A filter on what cannot be filtered is ignored without a word, and everything comes (user documentation,
"Filtering"). So whoever asks with a filter looks at what comes back, too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema

from rundbrief.errors import ProtocolError
from rundbrief.http import load
from rundbrief.masking import mask_addresses
from rundbrief.session import HttpClient, Response
from rundbrief_weclapp.schemas import CountSchema, RightsSchema

__all__ = ["PAGE", "Api", "refused"]

PAGE = 1000
"""Rows of a page, as many as there may be. The default is 100."""

IDS_AT_ONCE = 100
"""Ids in one question; how long an address may be is not documented."""


class Api:
    """The requests, typed."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def loaded(self, response: Response, schema: type[Schema]) -> dict[str, Any]:
        """Return the entity of an answer to a single read or write.

        Raises:
            ProtocolError: a refusal, or an answer that the schema does not allow.
        """
        if response.status not in (200, 201):
            raise refused(response)
        entity: dict[str, Any] = load(schema, response.json())
        return entity

    def result(self, path: str, **params: str) -> Any:
        """Return what stands under `result` in an answer, unchecked: for `load`."""
        document = self._answer(path, params).json()
        if not isinstance(document, dict) or "result" not in document:
            raise ProtocolError("weclapp sent an answer without a result.")
        return document["result"]

    def rows(self, resource: str, schema: type[Schema], **params: str) -> Iterator[dict[str, Any]]:
        """Yield all entities of a resource that fit the filters, in the order of their ids."""
        for page, _ in self.pages(resource, schema, **params):
            yield from page

    def pages(
        self, resource: str, schema: type[Schema], **params: str
    ) -> Iterator[tuple[list[dict[str, Any]], Response]]:
        """Yield pages and the answers they came with. Each begins behind the last id of the one before, so that
        nobody is skipped when others are deleted meanwhile.

        Raises:
            ProtocolError: a page does not begin there: the service has ignored the filter.
        """
        last = 0
        while True:
            beyond = {"id-gt": str(last)} if last else {}
            response = self._answer(f"/{resource}", {"pageSize": str(PAGE), "sort": "id", **params, **beyond})
            document = response.json()
            result = document.get("result") if isinstance(document, dict) else None
            page: list[dict[str, Any]] = load(schema, result, many=True)
            ids = [int(row["id"]) for row in page]
            if ids != sorted(set(ids)) or (ids and ids[0] <= last):
                raise ProtocolError(f"weclapp did not list {resource} in the order of their ids.")
            yield page, response
            if len(page) < PAGE:
                return
            last = ids[-1]

    def by_ids(
        self, resource: str, schema: type[Schema], ids: Iterable[str], **params: str
    ) -> Iterator[dict[str, Any]]:
        """Yield those of these entities that exist."""
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), IDS_AT_ONCE):
            part = wanted[start : start + IDS_AT_ONCE]
            for row in self.rows(resource, schema, **{"id-in": json.dumps(part)}, **params):
                if row["id"] not in part:
                    raise ProtocolError(f"weclapp ignored which {resource} it was asked for.")
                yield row

    def count(self, resource: str, **params: str) -> int:
        counted: int = load(CountSchema, self._answer(f"/{resource}/count", params).json())["result"]
        return counted

    def rights(self) -> set[str]:
        """Return what the user of the token may do."""
        return set(load(RightsSchema, self._answer("/system/permissions", {}).json())["result"])

    def _answer(self, path: str, params: Mapping[str, str]) -> Response:
        response = self.http.get(path, params=params)
        if response.status != 200:
            raise refused(response)
        return response


def refused(response: Response) -> ProtocolError:
    """Return the error for a refusal of a whole request, in the service's words. They may be plain text."""
    words = problem_of(response)
    said = mask_addresses(": ".join(str(words[key]) for key in ("title", "detail") if words.get(key)))
    return ProtocolError(f"weclapp refused a request ({response.status}): {said or 'no reason given'}")


def problem_of(response: Response) -> Mapping[str, Any]:
    """Return a refusal as RFC 7807 has it; of anything else its beginning as the title."""
    if response.content.lstrip().startswith(b"{"):
        document = response.json()
        if isinstance(document, dict):
            return document
    return {"title": response.content[:200].decode("utf-8", "replace").strip()}
