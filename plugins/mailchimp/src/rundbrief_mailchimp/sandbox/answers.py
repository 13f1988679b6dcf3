"""How resources look on the wire, and which part of them an answer holds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rundbrief_mailchimp.sandbox.problems import Problem
from rundbrief_mailchimp.sandbox.state import Audience, Member

__all__ = ["audience_json", "collection", "member_json", "project"]

DEFAULT_COUNT = 10
"""Trap: every collection gives ten rows unless asked for more."""
MAX_COUNT = 1000

_MEMBER: Mapping[str, Callable[[Audience, Member], Any]] = {
    "id": lambda _, one: one.id,
    "email_address": lambda _, one: one.email,
    "unique_email_id": lambda _, one: one.contact_id[-10:],
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
        tag.tag: one.merge_fields.get(tag.tag, "") for tag in audience.merge_fields
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
    "location": lambda *_: {
        "latitude": 0,
        "longitude": 0,
        "gmtoff": 0,
        "dstoff": 0,
        "country_code": "",
        "timezone": "",
    },
    "source": lambda _, one: one.source,
    "tags_count": lambda _, one: len(one.tags),
    "tags": lambda _, one: [{"id": number, "name": name} for number, name in enumerate(one.tags[:50], 1)],
    "list_id": lambda audience, _: audience.id,
    "_links": lambda *_: [],
}


def member_json(audience: Audience, member: Member, wanted: Iterable[str] | None = None) -> dict[str, Any]:
    """Return a member, or those of its fields that are wanted: a page of a thousand need not make the rest."""
    names = _MEMBER if wanted is None else [name for name in wanted if name in _MEMBER]
    row = {name: _MEMBER[name](audience, member) for name in names}
    if member.status != "unsubscribed":
        row.pop("unsubscribe_reason", None)
    return row


def audience_json(audience: Audience) -> dict[str, Any]:
    members = audience.members.values()
    return {
        "id": audience.id,
        "web_id": audience.number,
        "name": audience.name,
        "contact": {
            "company": "Sandbox",
            "address1": "",
            "city": "",
            "state": "",
            "zip": "",
            "country": "DE",
        },
        "permission_reminder": "You signed up on our website.",
        "use_archive_bar": True,
        "campaign_defaults": {
            "from_name": "Sandbox",
            "from_email": "news@example.org",
            "subject": "",
            "language": "de",
        },
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": audience.created,
        "list_rating": 0,
        "email_type_option": False,
        "subscribe_url_short": "",
        "subscribe_url_long": "",
        "beamer_address": "",
        "visibility": "prv",
        "double_optin": audience.double_optin,
        "has_welcome": False,
        "marketing_permissions": False,
        "modules": [],
        "stats": {
            "member_count": sum(one.status == "subscribed" for one in members),
            "unsubscribe_count": sum(one.status == "unsubscribed" for one in members),
            "cleaned_count": sum(one.status == "cleaned" for one in members),
            "merge_field_count": len(audience.merge_fields),
        },
        "_links": [],
    }


def collection(
    name: str, rows: Sequence[Any], query: Mapping[str, str], render: Callable[[Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return one page of a collection, cut by `count` and `offset` out of the rows as they are now.

    Raises:
        Problem: `count` or `offset` is out of range.
    """
    count, offset = _number(query, "count", DEFAULT_COUNT), _number(query, "offset", 0)
    if count > MAX_COUNT:
        raise Problem(400, "Invalid Resource", f"count may be at most {MAX_COUNT}.")
    page = rows[offset : offset + count]
    return {name: [render(row) for row in page], "total_items": len(rows), "_links": []}


def project(payload: Mapping[str, Any], query: Mapping[str, str], known: Iterable[str]) -> Mapping[str, Any]:
    """Keep what `fields` names, or drop what `exclude_fields` names; dots go into collections.

    Raises:
        Problem: a field is unknown, or both are given.
    """
    keep, drop = _names(query, "fields"), _names(query, "exclude_fields")
    if keep and drop:
        raise Problem(400, "Bad Request", "fields and exclude_fields cannot be used together.")
    unknown = [one for one in keep + drop if one.split(".")[0] not in payload or not _is_known(one, known)]
    if unknown:
        raise Problem(400, "Invalid Resource", f"The field {unknown[0]} does not exist.")
    projected: Mapping[str, Any] = payload
    if keep:
        projected = _kept(payload, [one.split(".") for one in keep])
    elif drop:
        projected = _dropped(payload, [one.split(".") for one in drop])
    return projected


def wanted_of(name: str, query: Mapping[str, str]) -> list[str] | None:
    """Return which fields of a collection's rows `fields` names; None: all."""
    names = _names(query, "fields")
    if not names or name in names:
        return None
    return [one.split(".")[1] for one in names if one.startswith(f"{name}.")]


def _names(query: Mapping[str, str], key: str) -> list[str]:
    return [one.strip() for one in query.get(key, "").split(",") if one.strip()]


def _is_known(path: str, known: Iterable[str]) -> bool:
    head, _, rest = path.partition(".")
    return not rest or head not in ("members",) or rest.split(".")[0] in set(known)


def _kept(value: Any, paths: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_kept(row, paths) for row in value]
    if not isinstance(value, Mapping) or any(not path for path in paths):
        return value
    heads = {path[0] for path in paths}
    return {
        key: _kept(value[key], [path[1:] for path in paths if path[0] == key]) for key in value if key in heads
    }


def _dropped(value: Any, paths: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_dropped(row, paths) for row in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _dropped(item, [path[1:] for path in paths if path[0] == key and len(path) > 1])
        for key, item in value.items()
        if [key] not in paths
    }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Problem(400, "Invalid Resource", f"{name} must be a whole number.")
    return int(text)


MEMBER_FIELDS = frozenset(_MEMBER)
