"""Counts the recipients that come into being at the services, whatever becomes of them later."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from crashes.world import Box, World
from rundbrief.models import address_key
from rundbrief.testing.application import SandboxRequest

__all__ = ["Witness"]


def _mailchimp(sandbox: Any) -> Iterable[tuple[str, str]]:
    return (
        (list_id, one.email)
        for list_id, audience in sandbox.account.audiences.items()
        for one in audience.members.values()
    )


def _cleverreach(sandbox: Any) -> Iterable[tuple[str, str]]:
    groups = sandbox.account.groups.values()
    return ((str(group.id), one.email) for group in groups for one in group.receivers.values())


def _brevo(sandbox: Any) -> Iterable[tuple[str, str]]:
    return (("*", one.email) for one in sandbox.account.contacts if one.email)


_ADDRESSES: Mapping[str, Callable[[Any], Iterable[tuple[str, str]]]] = {
    "mailchimp": _mailchimp,
    "cleverreach": _cleverreach,
    "brevo": _brevo,
}
"""Service -> list and address of everybody there, without the work that `recipients` makes of it."""


class Witness:
    def __init__(self, world: World) -> None:
        self._created: dict[str, Counter[tuple[str, str]]] = {}
        for box in world.boxes:
            self._watch(box)

    def seen(self) -> Mapping[str, Counter[tuple[str, str]]]:
        """Return how often each address has become a recipient, by the name of a snapshot's part."""
        return self._created

    def _watch(self, box: Box) -> None:
        respond, created = box.sandbox.respond, self._created.setdefault(f"{box.name} additions", Counter())

        def watched(request: SandboxRequest) -> Response:
            before = set(_ADDRESSES[box.name](box.sandbox))
            response = respond(request)
            added = set(_ADDRESSES[box.name](box.sandbox)) - before
            created.update((list_id, address_key(address)) for list_id, address in added)
            return response

        box.sandbox.respond = watched  # type: ignore[method-assign]
