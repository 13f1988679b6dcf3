"""Brevo: what its requests say of consent."""

import json
from typing import Any

from machine.services.service import Attempt, Service
from rundbrief.testing.sandbox import SandboxRequest
from rundbrief_brevo.testing import BrevoSandbox

__all__ = ["BREVO"]


def read(request: SandboxRequest) -> Attempt:
    if request.method == "GET":
        return Attempt("an import")  # whose effects show when we ask after it
    body: Any = json.loads(request.get_data() or b"{}")
    if request.path.endswith("/contacts/import"):
        return Attempt("an import", "", [row["email"] for row in body["jsonBody"]], _in_import(body))
    rows = body.get("contacts", [body]) if isinstance(body, dict) else []
    forbidden = [found for row in rows if isinstance(row, dict) and (found := _in_row(row))]
    return Attempt(f"{request.method} {request.path}", forbidden=forbidden[0] if forbidden else None)


def _in_import(body: dict[str, Any]) -> str | None:
    if body.get("updateExistingContacts", True):
        return "an import would overwrite existing contacts"
    return "an import blocklists" if body.get("emailBlacklist") else None


def _in_row(row: dict[str, Any]) -> str | None:
    if row.get("emailBlacklisted") is False:
        return "a write lifts a blocklisting"
    attributes = set(row.get("attributes") or ())
    # With a new address the flag has to go along: the service would lift the blocklisting by itself.
    if "emailBlacklisted" in row and attributes and "EMAIL" not in attributes:
        return "a data write carries a consent field"
    return None


BREVO = Service(
    "brevo",
    lambda clock: BrevoSandbox(clock, others_per_hour=1_000_000, polls_until_completed=1),
    read,
    account_wide=True,
    double_opt_in=False,
    leave_one_list=lambda sandbox, list_id, address: sandbox.unsubscribe_from_list_only(list_id, address),
    has_waiting=lambda sandbox: any(not one.is_over for one in sandbox.processes),
    read_as={"bounced": "unsubscribed"},
    work_off=lambda sandbox: sandbox.processes.run_all(),
)
