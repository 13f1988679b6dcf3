"""How resources look on the wire: a table of names for each, so that an answer makes only what is asked for."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.member import Member
from rundbrief_mailchimp.testing.merge_fields import MergeField
from rundbrief_mailchimp.testing.projection import Shape

__all__ = ["AUDIENCE", "MEMBER", "MERGE_FIELD", "audience_json", "member_json", "merge_field_json", "page_shape"]

INLINE_TAGS = 50
"""Tags in a member; the rest is at `/tags`."""

_COMPANY = {
    "company": "Sandbox",
    "address1": "",
    "address2": "",
    "city": "",
    "state": "",
    "zip": "",
    "country": "DE",
    "phone": "",
}
_CAMPAIGN = {"from_name": "Sandbox", "from_email": "news@example.org", "subject": "", "language": "de"}
_NOWHERE = {
    "latitude": 0,
    "longitude": 0,
    "gmtoff": 0,
    "dstoff": 0,
    "country_code": "",
    "timezone": "",
    "region": "",
}

_MEMBER: Mapping[str, Callable[[Audience, Member], Any]] = {
    "id": lambda _, one: one.id,
    "email_address": lambda _, one: one.email,
    "unique_email_id": lambda _, one: unique_email_id(one),
    "contact_id": lambda _, one: one.contact_id,
    "full_name": lambda _, one: " ".join(
        str(one.merge_fields[tag]) for tag in ("FNAME", "LNAME") if one.merge_fields.get(tag)
    ),
    "web_id": lambda _, one: one.number,
    "email_type": lambda _, one: one.email_type,
    "status": lambda _, one: one.status,
    "unsubscribe_reason": lambda _, one: one.unsubscribe_reason,
    "consents_to_one_to_one_messaging": lambda _, one: one.status == "subscribed",
    "merge_fields": lambda audience, one: {
        field.tag: one.merge_fields.get(field.tag, "") for field in audience.merge_fields
    },
    "interests": lambda *_: {},
    "stats": lambda *_: {"avg_open_rate": 0, "avg_click_rate": 0},
    "ip_signup": lambda _, one: one.ip_signup,
    "timestamp_signup": lambda _, one: one.timestamp_signup,
    "ip_opt": lambda _, one: one.ip_opt,
    "timestamp_opt": lambda _, one: one.timestamp_opt,
    "member_rating": lambda *_: 2,
    "last_changed": lambda _, one: one.last_changed,
    "language": lambda _, one: one.language,
    "vip": lambda _, one: one.vip,
    "email_client": lambda *_: "",
    "location": lambda *_: _NOWHERE,
    "source": lambda _, one: one.source,
    "tags_count": lambda _, one: len(one.tags),
    "tags": lambda audience, one: [
        {"id": audience.tag_id(name), "name": name} for name in list(one.tags)[:INLINE_TAGS]
    ],
    "list_id": lambda audience, _: audience.id,
    "_links": lambda *_: [],
}

_AUDIENCE: Mapping[str, Callable[[Audience], Any]] = {
    "id": lambda one: one.id,
    "web_id": lambda one: one.number,
    "name": lambda one: one.name,
    "contact": lambda _: _COMPANY,
    "permission_reminder": lambda _: "You signed up on our website.",
    "use_archive_bar": lambda _: True,
    "campaign_defaults": lambda _: _CAMPAIGN,
    "notify_on_subscribe": lambda _: "",
    "notify_on_unsubscribe": lambda _: "",
    "date_created": lambda one: one.created,
    "list_rating": lambda _: 0,
    "email_type_option": lambda _: False,
    "subscribe_url_short": lambda _: "",
    "subscribe_url_long": lambda _: "",
    "beamer_address": lambda _: "",
    "visibility": lambda _: "prv",
    "double_optin": lambda one: one.double_optin,
    "has_welcome": lambda _: False,
    "marketing_permissions": lambda _: False,
    "modules": lambda _: [],
    "stats": lambda one: {
        "member_count": one.counts()["subscribed"],
        "unsubscribe_count": one.counts()["unsubscribed"],
        "cleaned_count": one.counts()["cleaned"],
        "merge_field_count": len(one.merge_fields),
    },
    "_links": lambda _: [],
}

_MERGE_FIELD = (
    "merge_id",
    "tag",
    "name",
    "type",
    "required",
    "default_value",
    "public",
    "display_order",
    "options",
    "help_text",
)

MEMBER: Shape = dict.fromkeys(_MEMBER)
AUDIENCE: Shape = dict.fromkeys(_AUDIENCE)
MERGE_FIELD: Shape = dict.fromkeys((*_MERGE_FIELD, "list_id", "_links"))


def page_shape(name: str, row: Shape, *further: str) -> Shape:
    """Return the shape of a collection's answer."""
    return {name: row, **dict.fromkeys(("total_items", "_links", *further))}


def member_json(audience: Audience, member: Member, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return a member, or those of its fields that are named."""
    row = {name: _MEMBER[name](audience, member) for name in (_MEMBER if names is None else names)}
    if member.status != "unsubscribed":
        row.pop("unsubscribe_reason", None)
    return row


def audience_json(audience: Audience, names: Iterable[str] | None = None) -> dict[str, Any]:
    return {name: _AUDIENCE[name](audience) for name in (_AUDIENCE if names is None else names)}


def merge_field_json(list_id: str, one: MergeField) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in _MERGE_FIELD}, "list_id": list_id, "_links": []}


def unique_email_id(member: Member) -> str:
    """Return what is the same for one address in all audiences of the account."""
    return hashlib.sha256(member.id.encode()).hexdigest()[:10]
