"""Mailchimp: what its requests say of consent."""

import json
from typing import Any

from machine.services.service import Attempt, Service
from rundbrief.testing.sandbox import SandboxRequest
from rundbrief_mailchimp.testing import MailchimpSandbox

__all__ = ["MAILCHIMP"]

RAISED = ("subscribed", "pending")


def read(request: SandboxRequest) -> Attempt:
    if request.method == "GET":
        return Attempt("a batch")  # no other read writes
    body: Any = json.loads(request.get_data() or b"{}")
    if "members" in body:
        offers = [row["email_address"] for row in body["members"] if row["status"] in RAISED]
        return Attempt("a write of rows", request.path.split("/")[3], offers, _in_rows(body))
    operations = body.get("operations") or [{"method": request.method, "body": request.get_data()}]
    forbidden = [found for one in operations if (found := _in_operation(one))]
    return Attempt("a patch", forbidden=forbidden[0] if forbidden else None)


def _in_operation(operation: dict[str, Any]) -> str | None:
    body = json.loads(operation["body"])
    status = body.get("status")
    if operation["method"] != "PATCH":
        return f"a batch holds a {operation['method']}"
    if "status_if_new" in body or (status is not None and len(body) > 1):
        return "a data write carries a consent field"
    return None if status in (None, "pending", "unsubscribed") else f"a batch says {status}"


def _in_rows(body: dict[str, Any]) -> str | None:
    statuses = {row.get("status") for row in body["members"]}
    if body.get("update_existing") and statuses != {"unsubscribed"}:
        return f"a write to existing members says {statuses}"
    return None


def wipe_out(sandbox: MailchimpSandbox, list_id: str, address: str) -> None:
    """Delete a member together with the memory of it, as a service without such a memory would."""
    with sandbox.lock:
        forgotten = sandbox.account.audience(list_id).forgotten
        before = set(forgotten)
        sandbox.delete(list_id, address)
        forgotten.intersection_update(before)


MAILCHIMP = Service(
    "mailchimp",
    lambda clock: MailchimpSandbox(clock, polls_until_finished=1),
    read,
    forgets=False,
    wipe_out=wipe_out,
    has_waiting=lambda sandbox: any(one.completed_at is None for one in sandbox.batches),
    work_off=lambda sandbox: sandbox.batches.run_waiting(),
    hides_archived=True,
)
