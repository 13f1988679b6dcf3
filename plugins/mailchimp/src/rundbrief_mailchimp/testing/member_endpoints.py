"""Members, one by one."""

from collections.abc import Mapping
from typing import Any

from rundbrief_mailchimp.testing import problems
from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.call import Answer, Call
from rundbrief_mailchimp.testing.projection import Projection, collection
from rundbrief_mailchimp.testing.resources import MEMBER, member_json, page_shape

__all__ = ["add", "archive", "change_tags", "delete_permanently", "members", "one", "patch", "put", "tags"]


def members(account: Account, call: Call, list_id: str) -> Answer:
    audience = account.audience(list_id)
    projection = Projection(call.query, page_shape("members", MEMBER, "list_id"))
    names = projection.names_below("members")
    payload = collection(
        "members",
        account.members(audience, call.query),
        call.query,
        lambda member: member_json(audience, member, names),
    )
    payload["list_id"] = list_id
    return 200, projection.of(payload)


def one(account: Account, call: Call, list_id: str, key: str) -> Answer:
    audience = account.audience(list_id)
    return 200, Projection(call.query, MEMBER).of(member_json(audience, audience.find(key)))


def add(account: Account, call: Call, list_id: str) -> Answer:
    """Create; a member that exists, in whatever state, is an error."""
    audience, sent = account.audience(list_id), call.object()
    for name in ("email_address", "status"):
        if name not in sent:
            raise problems.required(name)
    if audience.get(str(sent["email_address"])):
        raise problems.member_exists(sent["email_address"])
    member = audience.create(sent, sent["status"], skip_merge_validation=call.skips_merge_validation)
    return 200, member_json(audience, member)


def put(account: Account, call: Call, list_id: str, key: str) -> Answer:
    """Create or update.

    Trap: `status` overwrites an existing member's, `status_if_new` does not. So an archived member stays archived
    with the one, and is revived with the other.
    """
    audience, sent = account.audience(list_id), call.object()
    if audience.get(key) is None:
        return _put_new(call, audience, sent)
    return patch(account, call, list_id, key)


def _put_new(call: Call, audience: Audience, sent: Mapping[str, Any]) -> Answer:
    if "email_address" not in sent:
        raise problems.required("email_address")
    if audience.get(str(sent["email_address"])):
        # Trap: the key in the path belongs to another address; the text speaks of PUT although it was one.
        raise problems.member_exists(sent["email_address"])
    # The specification requires status_if_new, the documentation of 2026 does not, and neither says what then.
    status = sent.get("status_if_new") or sent.get("status") or "transactional"
    member = audience.create(sent, status, skip_merge_validation=call.skips_merge_validation)
    return 200, member_json(audience, member)


def patch(account: Account, call: Call, list_id: str, key: str) -> Answer:
    """Update what was sent: the status only if it was, the address under the old key."""
    audience = account.audience(list_id)
    member = audience.find(key)
    sent = call.object()
    audience.change(member, sent, sent.get("status"), skip_merge_validation=call.skips_merge_validation)
    return 200, member_json(audience, member)


def archive(account: Account, _call: Call, list_id: str, key: str) -> Answer:
    audience = account.audience(list_id)
    audience.archive(audience.find(key))
    return 204, None


def delete_permanently(account: Account, _call: Call, list_id: str, key: str) -> Answer:
    audience = account.audience(list_id)
    member = audience.find(key)
    audience.refuse_irremovable(member)
    audience.delete_permanently(member)
    return 204, None


def tags(account: Account, call: Call, list_id: str, key: str) -> Answer:
    audience = account.audience(list_id)
    rows = list(audience.find(key).tags.items())
    return 200, collection(
        "tags",
        rows,
        call.query,
        lambda row: {"id": audience.tag_id(row[0]), "name": row[0], "date_added": row[1]},
    )


def change_tags(account: Account, call: Call, list_id: str, key: str) -> Answer:
    audience = account.audience(list_id)
    member = audience.find(key)
    audience.tag(member, call.object().get("tags") or [])
    audience.touch(member)
    return 204, None
