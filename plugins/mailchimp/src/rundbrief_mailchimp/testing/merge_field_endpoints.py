"""Merge fields: read, create, change, delete."""

from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.call import Answer, Call
from rundbrief_mailchimp.testing.merge_fields import TYPES, MergeField, changed_field, new_field
from rundbrief_mailchimp.testing.problems import not_found
from rundbrief_mailchimp.testing.projection import Projection, collection
from rundbrief_mailchimp.testing.reading import checked_choice
from rundbrief_mailchimp.testing.resources import MERGE_FIELD, merge_field_json, page_shape

__all__ = ["add", "change", "delete", "merge_fields", "one"]


def merge_fields(account: Account, call: Call, list_id: str) -> Answer:
    rows = account.audience(list_id).merge_fields
    if kind := checked_choice(call.query, "type", TYPES):
        rows = [one for one in rows if one.type == kind]
    if wanted := checked_choice(call.query, "required", ("true", "false")):
        rows = [one for one in rows if one.required is (wanted == "true")]
    payload = collection("merge_fields", rows, call.query, lambda one: merge_field_json(list_id, one))
    payload["list_id"] = list_id
    return 200, Projection(call.query, page_shape("merge_fields", MERGE_FIELD, "list_id")).of(payload)


def one(account: Account, call: Call, list_id: str, merge_id: int) -> Answer:
    found = _find(account.audience(list_id), merge_id)
    return 200, Projection(call.query, MERGE_FIELD).of(merge_field_json(list_id, found))


def add(account: Account, call: Call, list_id: str) -> Answer:
    audience = account.audience(list_id)
    added = new_field(audience.merge_fields, audience.last_merge_id + 1, call.object())
    audience.last_merge_id = added.merge_id
    audience.merge_fields.append(added)
    return 200, merge_field_json(list_id, added)


def change(account: Account, call: Call, list_id: str, merge_id: int) -> Answer:
    """Change a field; its values follow a new tag."""
    audience = account.audience(list_id)
    found = _find(audience, merge_id)
    before = found.tag
    changed_field(audience.merge_fields, found, call.object())
    if found.tag != before:
        for member in audience.members.values():
            if before in member.merge_fields:
                member.merge_fields[found.tag] = member.merge_fields.pop(before)
    return 200, merge_field_json(list_id, found)


def delete(account: Account, _call: Call, list_id: str, merge_id: int) -> Answer:
    """Delete a field with all its values."""
    audience = account.audience(list_id)
    found = _find(audience, merge_id)
    audience.merge_fields.remove(found)
    for member in audience.members.values():
        member.merge_fields.pop(found.tag, None)
    return 204, None


def _find(audience: Audience, merge_id: int) -> MergeField:
    for one in audience.merge_fields:
        if one.merge_id == merge_id:
            return one
    raise not_found()
