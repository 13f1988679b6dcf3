"""Which endpoint answers which method and path."""

import re
from collections.abc import Callable

from rundbrief.testing.routing import Router
from rundbrief_cleverreach.testing import attribute_endpoints as attributes
from rundbrief_cleverreach.testing import blacklist_endpoints as blacklist
from rundbrief_cleverreach.testing import bulk_endpoints as bulk
from rundbrief_cleverreach.testing import form_endpoints as forms
from rundbrief_cleverreach.testing import group_endpoints as groups
from rundbrief_cleverreach.testing import receiver_endpoints as receivers
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.problems import Problem, not_found
from rundbrief_cleverreach.testing.state import State

__all__ = ["finds_receivers", "is_bulk", "route"]

Endpoint = Callable[..., Answer]

_GROUP = "/groups/<group_id>"
_RECEIVERS = f"{_GROUP}/receivers"
_MEMBER = f"{_RECEIVERS}/<key>"
_RECEIVER = "/receivers/<key>"
_ATTRIBUTE = "/attributes/<attribute_id>"
_BULK = re.compile(r"/groups/[^/]+/receivers/(insert|update|updateplus|upsert|upsertplus)")
_FINDS = re.compile(r"/groups/[^/]+/receivers|/receivers/filter")

_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/debug/ttl", groups.ttl),
    ("GET", "/debug/validate", groups.validate),
    ("GET", "/debug/whoami", groups.whoami),
    ("GET", "/debug/exchange", groups.exchange),
    ("DELETE", "/oauth/token", groups.revoke),
    ("GET", "/groups", groups.all_groups),
    ("POST", "/groups", groups.add),
    ("GET", _GROUP, groups.one),
    ("PUT", _GROUP, groups.change),
    ("DELETE", _GROUP, groups.delete),
    ("GET", f"{_GROUP}/stats", groups.stats),
    ("GET", _RECEIVERS, receivers.in_group),
    ("POST", _RECEIVERS, receivers.add),
    ("POST", f"{_RECEIVERS}/insert", bulk.insert),
    ("PUT", f"{_RECEIVERS}/update", bulk.update),
    ("PUT", f"{_RECEIVERS}/updateplus", bulk.update_plus),
    ("POST", f"{_RECEIVERS}/upsert", bulk.upsert),
    ("POST", f"{_RECEIVERS}/upsertplus", bulk.upsert_plus),
    ("POST", f"{_RECEIVERS}/delete", bulk.delete),
    ("GET", _MEMBER, receivers.one),
    ("PUT", _MEMBER, receivers.change),
    ("DELETE", _MEMBER, receivers.delete),
    ("PUT", f"{_MEMBER}/activate", receivers.activate),
    ("PUT", f"{_MEMBER}/setactive", receivers.activate),
    ("PUT", f"{_MEMBER}/deactivate", receivers.deactivate),
    ("PUT", f"{_MEMBER}/setinactive", receivers.deactivate),
    ("POST", "/receivers/filter", receivers.by_rules),
    ("POST", "/receivers/isvalid", receivers.is_valid),
    ("GET", "/receivers/bounced", receivers.bounced),
    ("GET", _RECEIVER, receivers.one_anywhere),
    ("DELETE", _RECEIVER, receivers.delete_anywhere),
    ("GET", f"{_RECEIVER}/groups", receivers.groups),
    ("PUT", f"{_RECEIVER}/email", receivers.change_address),
    ("GET", "/attributes", attributes.all_attributes),
    ("POST", "/attributes", attributes.add),
    ("GET", "/attributes/limits", attributes.limits),
    ("GET", _ATTRIBUTE, attributes.one),
    ("PUT", _ATTRIBUTE, attributes.change),
    ("DELETE", _ATTRIBUTE, attributes.delete),
    ("GET", f"{_GROUP}/attributes", attributes.of_group),
    ("POST", f"{_GROUP}/attributes", attributes.add_to_group),
    ("PUT", f"{_GROUP}{_ATTRIBUTE}", attributes.change_in_group),
    ("DELETE", f"{_GROUP}{_ATTRIBUTE}", attributes.delete_from_group),
    ("GET", "/blacklist", blacklist.all_entries),
    ("POST", "/blacklist", blacklist.add),
    ("PUT", "/blacklist", blacklist.change),
    ("POST", "/blacklist/validate", blacklist.validate),
    ("GET", "/blacklist/<email>", blacklist.one),
    ("DELETE", "/blacklist/<email>", blacklist.remove),
    ("GET", f"{_GROUP}/blacklist", blacklist.of_group),
    ("POST", f"{_GROUP}/blacklist", blacklist.add_to_group),
    ("DELETE", f"{_GROUP}/blacklist/<email>", blacklist.remove_from_group),
    ("GET", "/forms", forms.all_forms),
    ("GET", "/forms/<form_id>", forms.one),
    ("GET", f"{_GROUP}/forms", forms.of_group),
    ("POST", "/forms/<form_id>/send/activate", forms.send_activation),
)

_ROUTER = Router[Endpoint](
    _TABLE,
    no_path=not_found,
    no_method=lambda: Problem(405),
)


def route(state: State, method: str, path: str, call: Call) -> Answer:
    """Carry out a request.

    Args:
        path: below `/v3`, in either spelling.

    Raises:
        Problem: there is no such path or method, or the endpoint refuses.
    """
    endpoint, arguments = _ROUTER.find(method, _without_json(path))
    return endpoint(state, call, **arguments)


def is_bulk(path: str) -> bool:
    """Whether a path below `/v3` takes many rows at once."""
    return _BULK.fullmatch(_without_json(path)) is not None


def finds_receivers(path: str) -> bool:
    """Whether a path below `/v3` answers with a page of receivers."""
    return _FINDS.fullmatch(_without_json(path)) is not None


def _without_json(path: str) -> str:
    """Return `/groups.json/5` and `/receivers/filter.json` in the newer spelling. Addresses may end in .json."""
    return re.sub(r"^(/\w+|/receivers/filter)\.json(?=/|$)", r"\1", path)
