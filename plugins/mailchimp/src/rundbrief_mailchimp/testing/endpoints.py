"""Account, audiences, search and batches."""

from typing import Any

from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.batches import Batch
from rundbrief_mailchimp.testing.call import Answer, Call
from rundbrief_mailchimp.testing.member import Member
from rundbrief_mailchimp.testing.problems import required
from rundbrief_mailchimp.testing.projection import Projection, collection
from rundbrief_mailchimp.testing.reading import DIRECTIONS, checked_choice
from rundbrief_mailchimp.testing.resources import AUDIENCE, audience_json, member_json, page_shape
from rundbrief_mailchimp.testing.times import normalised

__all__ = [
    "batch",
    "batches",
    "delete_batch",
    "lists",
    "one_list",
    "ping",
    "root",
    "search_members",
    "submit_batch",
]

ARCHIVES = "/_archives"
"""Where results lie; at the real service a storage on another host."""

_BATCH = dict.fromkeys(
    (
        "id",
        "status",
        "total_operations",
        "finished_operations",
        "errored_operations",
        "submitted_at",
        "completed_at",
        "response_body_url",
        "_links",
    )
)


def root(account: Account, call: Call) -> Answer:
    payload = {
        "account_id": "sandbox",
        "login_id": "1",
        "account_name": "Sandbox",
        "email": "owner@example.org",
        "role": "owner",
        "total_subscribers": sum(one.counts()["subscribed"] for one in account.audiences.values()),
        "_links": [],
    }
    return 200, Projection(call.query, dict.fromkeys(payload)).of(payload)


def ping(_account: Account, _call: Call) -> Answer:
    return 200, {"health_status": "Everything's Chimpy!"}


# --- audiences ----------------------------------------------------------------------------------------------


def lists(account: Account, call: Call) -> Answer:
    projection = Projection(call.query, page_shape("lists", AUDIENCE, "constraints"))
    payload = collection(
        "lists",
        _lists_asked_for(account, call),
        call.query,
        lambda one: audience_json(one, projection.names_below("lists")),
    )
    payload["constraints"] = {
        "may_create": True,
        "max_instances": 5,
        "current_total_instances": len(account.audiences),
    }
    return 200, projection.of(payload)


def _lists_asked_for(account: Account, call: Call) -> list[Audience]:
    rows = list(account.audiences.values())
    if "email" in call.query:
        rows = [one for one in rows if one.get(call.query["email"])]
    if "since_date_created" in call.query:
        since = normalised("since_date_created", call.query["since_date_created"])
        rows = [one for one in rows if one.created > since]
    if "before_date_created" in call.query:
        before = normalised("before_date_created", call.query["before_date_created"])
        rows = [one for one in rows if one.created < before]
    checked_choice(call.query, "sort_field", ("date_created",))
    return rows[::-1] if checked_choice(call.query, "sort_dir", DIRECTIONS) == "DESC" else rows


def one_list(account: Account, call: Call, list_id: str) -> Answer:
    return 200, Projection(call.query, AUDIENCE).of(audience_json(account.audience(list_id)))


def search_members(account: Account, call: Call) -> Answer:
    """Find members by their address, or by a part of address or name."""
    text = call.query.get("query", "").strip().lower()
    if not text:
        raise required("query")
    chosen = (
        account.audiences.values() if "list_id" not in call.query else [account.audience(call.query["list_id"])]
    )
    found = [(audience, one) for audience in chosen for one in audience.members.values() if text in _words(one)]
    exact = [(audience, one) for audience, one in found if one.email.lower() == text]
    return 200, {"exact_matches": _matches(exact), "full_search": _matches(found), "_links": []}


def _words(member: Member) -> str:
    names = (str(member.merge_fields.get(tag, "")) for tag in ("FNAME", "LNAME"))
    return " ".join((member.email, *names)).lower()


def _matches(rows: list[tuple[Audience, Member]]) -> dict[str, Any]:
    return {"members": [member_json(*row) for row in rows], "total_items": len(rows)}


# --- batches ------------------------------------------------------------------------------------------------


def batches(account: Account, call: Call) -> Answer:
    payload = collection(
        "batches", list(account.batches.values()), call.query, lambda one: _batch_json(account, call, one)
    )
    return 200, Projection(call.query, page_shape("batches", _BATCH)).of(payload)


def submit_batch(account: Account, call: Call) -> Answer:
    return 200, _batch_json(account, call, account.submit(call.object().get("operations")))


def batch(account: Account, call: Call, batch_id: str) -> Answer:
    projection = Projection(call.query, _BATCH)
    return 200, projection.of(_batch_json(account, call, account.poll(batch_id)))


def delete_batch(account: Account, _call: Call, batch_id: str) -> Answer:
    account.queue.drop(batch_id)
    return 204, None


def _batch_json(account: Account, call: Call, one: Batch) -> dict[str, Any]:
    return account.queue.to_json(one, f"{call.base_url}{ARCHIVES}")
