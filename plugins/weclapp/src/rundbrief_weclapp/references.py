"""Attributes that point at something else in the tenant, shown by what that is called.

Of all that can be pointed at only parties are at hand. Everything else is shown by its id: reading it would take a
request, and a right, for each. Whether the `entityName` of a reference is its kind or its name is
not documented; what is no kind (OpenAPI: `customAttributeEntityType`) is taken for the name.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rundbrief_weclapp.definitions import Definition

__all__ = ["pointed_at", "shown"]

_PARTIES = frozenset({"party", "customer", "supplier"})
_KINDS = _PARTIES | {
    *("article", "blanketPurchaseOrder", "blanketSalesOrder", "campaign", "contract", "incomingGoods"),
    *("opportunity", "performanceRecord", "productionOrder", "project", "purchaseInvoice", "purchaseOrder"),
    *("purchaseOrderRequest", "quotation", "recurringInvoice", "salesInvoice", "salesOrder", "serialNumber"),
    *("shipment", "ticket", "user"),
}


def pointed_at(parties: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the ids of everything that these parties' attributes point at."""
    for party in parties:
        for value in party["attributes"]:
            if value["entity"]:
                yield value["entity"]
            yield from (one["entity_id"] for one in value["references"] if one["entity_id"])


def shown(value: Mapping[str, Any], definition: Definition, names: Mapping[str, str]) -> str:
    """Return what an attribute of type ENTITY or REFERENCE shows.

    Args:
        names: id -> name, of the parties among what is pointed at.
    """
    if definition.type == "ENTITY":
        return _name(value["entity"] or "", definition.refers_to, names)
    found = (
        _name(one["entity_id"] or "", one["entity_name"] or definition.refers_to, names)
        for one in value["references"]
    )
    return ", ".join(filter(None, found))


def _name(entity_id: str, kind: str, names: Mapping[str, str]) -> str:
    if kind and kind not in _KINDS:
        return kind
    return names.get(entity_id, entity_id) if kind in _PARTIES else entity_id
