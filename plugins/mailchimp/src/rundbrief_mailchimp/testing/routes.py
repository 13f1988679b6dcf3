"""Which endpoint answers which method and path."""

from collections.abc import Callable

from rundbrief.testing.routing import Router
from rundbrief_mailchimp.testing import endpoints, list_batch, member_endpoints, merge_field_endpoints
from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.call import Answer, Call
from rundbrief_mailchimp.testing.problems import Problem, not_found

__all__ = ["route"]

Endpoint = Callable[..., Answer]

_LIST = "/lists/<list_id>"
_MEMBER = f"{_LIST}/members/<key>"
_FIELD = f"{_LIST}/merge-fields/<int:merge_id>"

_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/", endpoints.root),
    ("GET", "/ping", endpoints.ping),
    ("GET", "/search-members", endpoints.search_members),
    ("GET", "/lists", endpoints.lists),
    ("GET", _LIST, endpoints.one_list),
    ("POST", _LIST, list_batch.write_members),
    ("GET", f"{_LIST}/members", member_endpoints.members),
    ("POST", f"{_LIST}/members", member_endpoints.add),
    ("GET", _MEMBER, member_endpoints.one),
    ("PUT", _MEMBER, member_endpoints.put),
    ("PATCH", _MEMBER, member_endpoints.patch),
    ("DELETE", _MEMBER, member_endpoints.archive),
    ("POST", f"{_MEMBER}/actions/delete-permanent", member_endpoints.delete_permanently),
    ("GET", f"{_MEMBER}/tags", member_endpoints.tags),
    ("POST", f"{_MEMBER}/tags", member_endpoints.change_tags),
    ("GET", f"{_LIST}/merge-fields", merge_field_endpoints.merge_fields),
    ("POST", f"{_LIST}/merge-fields", merge_field_endpoints.add),
    ("GET", _FIELD, merge_field_endpoints.one),
    ("PATCH", _FIELD, merge_field_endpoints.change),
    ("DELETE", _FIELD, merge_field_endpoints.delete),
    ("GET", "/batches", endpoints.batches),
    ("POST", "/batches", endpoints.submit_batch),
    ("GET", "/batches/<batch_id>", endpoints.batch),
    ("DELETE", "/batches/<batch_id>", endpoints.delete_batch),
)

_ROUTER = Router[Endpoint](
    _TABLE,
    no_path=not_found,
    no_method=lambda: Problem(405, "Method Not Allowed", "The requested method and resource are not compatible."),
)


def route(account: Account, method: str, path: str, call: Call) -> Answer:
    """Carry out a request, over the network or in a batch.

    Args:
        path: below `/3.0`.

    Raises:
        Problem: there is no such path or method, or the endpoint refuses.
    """
    endpoint, arguments = _ROUTER.find(method, path)
    return endpoint(account, call, **arguments)
