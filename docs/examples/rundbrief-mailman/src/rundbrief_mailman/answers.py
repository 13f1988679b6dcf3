"""What an answer of Mailman says: its data, or why there is none."""

from typing import Any
from urllib.parse import quote

from marshmallow import Schema

from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.http import load
from rundbrief.session import Response, Session
from rundbrief_mailman.schemas import PolicySchema

__all__ = ["can_have", "described", "found", "last_part", "policy_of", "quoted", "read", "unexpected"]


def read(response: Response, schema: type[Schema]) -> Any:
    """Return the data of a good answer about a list. 401, 403, 429 and 5xx have become errors before."""
    if response.status == 404:
        raise ListUnknown("Mailman has no such list any more.")
    if response.status != 200:
        raise unexpected(response)
    return load(schema, response.json())


def found(response: Response, schema: type[Schema]) -> Any:
    """Return what was asked for by its id, None when Mailman does not have it."""
    return None if response.status == 404 else read(response, schema)


def unexpected(response: Response) -> ProtocolError:
    return ProtocolError(f"Mailman answered {response.status}.")


def described(response: Response) -> str:
    """Return Mailman's own words of a refusal. They may hold an address: compare them, do not show them."""
    body = response.json()
    return str(body.get("description", "")) if isinstance(body, dict) else ""


def policy_of(session: Session, list_id: str) -> str:
    """Return what a sign-up to the list needs: nothing, her confirmation, a moderator, or both."""
    answer = read(session.http.get(f"/lists/{list_id}/config/subscription_policy"), PolicySchema)
    return str(answer["subscription_policy"])


def last_part(url: str) -> str:
    """Return the id at the end of a link. Links name the host as Mailman knows it, which need not be ours."""
    return url.rstrip("/").rpartition("/")[2]


def can_have(address: str) -> bool:
    """Tell whether an address is one for Mailman: it knows no umlauts, and takes a second @, which nobody has."""
    local, _, _ = address.rpartition("@")
    return address.isascii() and "@" not in local.strip('"')


def quoted(address: str) -> str:
    """Return an address as part of a path. Mailman knows addresses by their lower-case form."""
    return quote(address.lower(), safe="@")
