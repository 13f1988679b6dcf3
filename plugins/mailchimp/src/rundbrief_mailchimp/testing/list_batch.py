"""`POST /lists/{id}`: up to 500 members in one synchronous call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rundbrief_mailchimp.testing import problems
from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.call import Answer, Call
from rundbrief_mailchimp.testing.member import Member, subscriber_hash
from rundbrief_mailchimp.testing.problems import Problem
from rundbrief_mailchimp.testing.resources import member_json

__all__ = ["write_members"]

MAX_MEMBERS = 500


@dataclass(frozen=True, slots=True)
class _Rows:
    """What has become of the rows so far."""

    new: list[Member] = field(default_factory=list)
    updated: list[Member] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, row: Mapping[str, Any], error: str, code: str = "ERROR_GENERIC") -> None:
        self.errors.append(
            {
                "email_address": str(row.get("email_address", "")),
                "error": error,
                "error_code": code,
                "field": "",
                "field_message": "",
            }
        )

    def refuse_with(self, row: Mapping[str, Any], problem: Problem) -> None:
        self.refuse(row, problem.detail)
        for error in problem.errors or ():
            self.errors[-1].update(field=error["field"], field_message=error["message"])


def write_members(account: Account, call: Call, list_id: str) -> Answer:
    """Write each row for itself. The answer is 200 even if every row failed: the rows tell."""
    audience, sent = account.audience(list_id), call.object()
    rows = _Rows()
    seen: set[str] = set()
    for row in _sent_members(sent):
        key = subscriber_hash(str(row.get("email_address", "")))
        if key in seen:
            if call.query.get("skip_duplicate_check") != "true":
                rows.refuse(row, "Duplicate items found in the request body.")
            continue
        seen.add(key)
        try:
            _write(call, audience, row, sent, rows)
        except Problem as problem:
            rows.refuse_with(row, problem)
    return 200, {
        "new_members": [member_json(audience, one) for one in rows.new],
        "updated_members": [member_json(audience, one) for one in rows.updated],
        "errors": rows.errors,
        "total_created": len(rows.new),
        "total_updated": len(rows.updated),
        "error_count": len(rows.errors),
        "_links": [],
    }


def _sent_members(sent: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    members = sent.get("members")
    if not isinstance(members, list) or not all(isinstance(row, dict) for row in members):
        raise problems.required("members")
    if len(members) > MAX_MEMBERS:
        raise problems.invalid_resource(f"You may only have {MAX_MEMBERS} members in one request.")
    return members


def _write(call: Call, audience: Audience, row: Mapping[str, Any], sent: Mapping[str, Any], rows: _Rows) -> None:
    address, skip = str(row.get("email_address", "")), call.skips_merge_validation
    member = audience.members.get(subscriber_hash(address))
    if member is None:
        if "status" not in row:
            raise problems.required("status")
        rows.new.append(audience.create(row, row["status"], skip_merge_validation=skip))
    elif not sent.get("update_existing"):
        rows.refuse(
            row,
            f"{address} is already a list member, do you want to update? please provide update_existing:true in "
            "the request body",
            "ERROR_CONTACT_EXISTS",
        )
    else:
        # Trap: the status that was sent is applied to an existing member too.
        audience.change(member, row, row.get("status"), skip_merge_validation=skip)
        if sent.get("sync_tags"):
            member.tags.clear()
        audience.tag(member, row.get("tags") or [])
        rows.updated.append(member)
