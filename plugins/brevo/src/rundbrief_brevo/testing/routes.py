"""Which endpoint answers which method and path."""

from collections.abc import Callable

from rundbrief.testing.routing import Router
from rundbrief_brevo.testing import contact_endpoints, endpoints
from rundbrief_brevo.testing.call import Answer, Call
from rundbrief_brevo.testing.problems import Problem, not_found
from rundbrief_brevo.testing.state import State

__all__ = ["route"]

Endpoint = Callable[..., Answer]

_CONTACT = "/contacts/<identifier>"
_LIST = "/contacts/lists/<int:list_id>"

_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/account", endpoints.account),
    ("GET", "/processes", endpoints.processes),
    ("GET", "/processes/<int:process_id>", endpoints.process),
    ("GET", "/contacts/folders", endpoints.folders),
    ("GET", "/contacts/lists", endpoints.lists),
    ("POST", "/contacts/lists", endpoints.add_list),
    ("GET", _LIST, endpoints.one_list),
    ("GET", f"{_LIST}/contacts", endpoints.members),
    ("POST", f"{_LIST}/contacts/add", endpoints.add_members),
    ("POST", f"{_LIST}/contacts/remove", endpoints.remove_members),
    ("GET", "/contacts/attributes", endpoints.attributes),
    ("POST", "/contacts/attributes/<category>/<name>", endpoints.add_attribute),
    ("PUT", "/contacts/attributes/<category>/<name>", endpoints.change_attribute),
    ("GET", "/contacts", contact_endpoints.contacts),
    ("POST", "/contacts", contact_endpoints.add),
    ("POST", "/contacts/batch", contact_endpoints.batch),
    ("POST", "/contacts/import", contact_endpoints.import_),
    ("POST", "/contacts/doubleOptinConfirmation", contact_endpoints.ask_to_confirm),
    ("GET", _CONTACT, contact_endpoints.one),
    ("PUT", _CONTACT, contact_endpoints.change),
    ("DELETE", _CONTACT, contact_endpoints.delete),
    ("GET", f"{_CONTACT}/campaignStats", contact_endpoints.campaign_statistics),
)

_ROUTER = Router[Endpoint](
    _TABLE,
    no_path=not_found,
    no_method=lambda: Problem(405, "method_not_allowed", "Method not allowed"),
)


def route(state: State, method: str, path: str, call: Call) -> Answer:
    """Carry out a request.

    Args:
        path: below `/v3`.

    Raises:
        Problem: there is no such path or method, or the endpoint refuses.
    """
    endpoint, arguments = _ROUTER.find(method, path)
    return endpoint(state, call, **arguments)
