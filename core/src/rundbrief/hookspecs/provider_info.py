"""What a newsletter service's plugin says of itself, and what it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rundbrief.models import WriteKind
from rundbrief.session import Endpoint, Rate

if TYPE_CHECKING:
    from marshmallow import Schema

    from rundbrief.fields import CrmField, FieldKind

__all__ = ["ERASED_AT_ONCE", "ConsentScope", "FieldWish", "ProviderInfo"]

ERASED_AT_ONCE = 50
"""How many writes go into one call of `erase_contacts` at most. No service erases in bulk, and few people ask at
the same time."""


class ConsentScope(StrEnum):
    """What one opt-in is good for."""

    LIST = "list"
    """Each list has its own (Mailchimp, CleverReach)."""
    ACCOUNT = "account"
    """One for the whole account; lists are only places to put people (Brevo)."""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What the host must know of a provider before it talks to it."""

    name: str
    """The entry point's name, and the value of `provider` in rundbrief.toml."""
    title: str
    """How people call the service."""
    settings: "type[Schema]"
    """A marshmallow schema of the connection's settings; secrets are `rundbrief.config.SecretField`."""
    endpoint: Callable[[Mapping[str, Any]], Endpoint]
    """Makes the address and the credentials out of loaded settings. Pure."""
    batch_sizes: Mapping[WriteKind, int]
    """How many writes of a kind go into one call of `export_contacts`. A kind left out is not supported."""
    scope: ConsentScope = ConsentScope.LIST
    forgets_who_left: bool = False
    """The service keeps nothing of somebody who has left (GNU Mailman): a "no" is that she is not there any more.
    So each import reads everybody; a cursor only goes on with a read that was cut off."""
    concurrency: int = 1
    """Requests the service allows at the same time, for the whole account."""
    rates: Sequence[Rate] = ()
    """Windows that hold all at once, for the whole account; each counts the requests of its `budget`."""
    field_kinds: "Sequence[FieldKind]" = ()
    """The kinds of custom fields that the service has; for the page of conversions, and for making new ones."""
    spec_version: int = 1
    """The version of the hook specs that it was written for (`SPEC_VERSION` of that day)."""


@dataclass(frozen=True, slots=True)
class FieldWish:
    """A CRM field that should go along."""

    field: "CrmField"
    remote_key: str | None = None
    """The remote key that the configuration names; None: the plugin proposes one, if it has a clear match."""
