"""How resources look on the wire, with PHP's way of mixing up types."""

from collections.abc import Iterable, Mapping
from typing import Any

from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.attributes import Attribute
from rundbrief_cleverreach.testing.blacklist import Entry
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = [
    "WITH_EVERYTHING",
    "attribute_json",
    "entry_json",
    "group_json",
    "receiver_json",
    "receivers_json",
    "stats_json",
]

WITH_EVENTS, WITH_ORDERS, WITH_TAGS = 1, 2, 4
WITH_EVERYTHING = WITH_EVENTS | WITH_ORDERS | WITH_TAGS


def group_json(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "locked": group.locked,
        "backup": group.backup,
        "receiver_info": group.receiver_info,
        "stamp": group.stamp,
        "last_mailing": 0,
        "last_changed": group.last_changed,
    }


def stats_json(group: Group, now: int) -> dict[str, Any]:
    counts = group.counts()
    return {
        "total_count": counts.total(),
        "inactive_count": counts["inactive"],
        "active_count": counts["active"],
        "bounce_count": counts["bounce"],
        "avg_points": 0,
        "quality": 3,
        "time": now,
        "order_count": 0,
    }


def receivers_json(account: Account, rows: Iterable[Receiver], detail: int = 0) -> list[dict[str, Any]]:
    """Return receivers as many of them come. Trap: their ids are numeric texts here, and numbers elsewhere."""
    resources = [receiver_json(account, one, detail) for one in rows]
    for resource in resources:
        resource["id"] = str(resource["id"])
    return resources


def receiver_json(account: Account, receiver: Receiver, detail: int = WITH_EVERYTHING) -> dict[str, Any]:
    """Return a receiver.

    Args:
        detail: a mask of what else to show: 1 events, 2 orders, 4 tags.
    """
    group = account.groups[receiver.group_id]
    resource: dict[str, Any] = {
        "id": receiver.id,
        "email": receiver.email,
        "imported": receiver.imported,
        "bounced": receiver.bounced,
        "group_id": str(receiver.group_id),
        "activated": receiver.activated,
        "registered": receiver.registered,
        "deactivated": receiver.deactivated,
        "last_changed": receiver.last_changed,
        "last_ip": receiver.last_ip,
        "last_location": "",
        "last_client": "",
        "points": 0,
        "stars": 0,
        "source": receiver.source,
        "active": receiver.active,
        "attributes": _values(group.attributes.names, receiver.attributes),
        "global_attributes": _values(account.attributes.names, receiver.global_attributes),
        "conversion_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
    }
    if detail & WITH_EVENTS:
        resource["events"] = []
    if detail & WITH_ORDERS:
        resource["orders"] = list(receiver.orders)
    if detail & WITH_TAGS:
        resource["tags"] = list(receiver.tags)
    return resource


def attribute_json(attribute: Attribute, group_id: str) -> dict[str, Any]:
    """Return an attribute; the global ones are of group 0."""
    return {
        "id": str(attribute.id),
        "group_id": group_id,
        "name": attribute.name,
        "description": attribute.description,
        "type": attribute.kind,
        "preview_value": attribute.preview_value,
        "default_value": attribute.default_value,
        "tag": f"{{{attribute.name.upper()}}}",
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    return {"email": entry.email, "comment": entry.comment, "stamp": entry.stamp, "isLocked": 0}


def _values(names: Iterable[str], values: Mapping[str, str]) -> dict[str, str] | list[Any]:
    """Return all attributes that are defined. Trap: an empty object is an empty array, as always in PHP."""
    return {name: values.get(name, "") for name in names} or []
