"""What answers show of contacts, lists and processes."""

from datetime import date
from typing import Any

from rundbrief_brevo.testing.account import ContactList
from rundbrief_brevo.testing.contact import Contact
from rundbrief_brevo.testing.processes import Process

__all__ = ["ACCOUNT", "contact_json", "list_json", "process_json", "statistics_json"]

CAMPAIGN = 1
"""The campaign that all events of persons came from."""

ACCOUNT = {
    "email": "owner@example.org",
    "firstName": "Olga",
    "lastName": "Owner",
    "companyName": "Sandbox",
    "address": {"street": "Gasse 1", "city": "Wien", "zipCode": "1010", "country": "Austria"},
    "plan": [{"type": "free", "creditsType": "sendLimit", "credits": 300}],
    "relay": {
        "enabled": True,
        "data": {"userName": "owner@example.org", "relay": "smtp-relay.example.org", "port": 587},
    },
}


def contact_json(contact: Contact) -> dict[str, Any]:
    """Return a contact. Trap: `email` and `listUnsubscribed` are missing when there is nothing to say."""
    shown: dict[str, Any] = {
        "id": contact.id,
        "emailBlacklisted": contact.email_blacklisted,
        "smsBlacklisted": contact.sms_blacklisted,
        "createdAt": contact.created_at,
        "modifiedAt": contact.modified_at,
        "listIds": sorted(contact.lists),
        "attributes": contact.attributes,
    }
    if contact.email:
        shown["email"] = contact.email
    if contact.left:
        shown["listUnsubscribed"] = sorted(contact.left)
    return shown


def statistics_json(contact: Contact, first: date, last: date) -> dict[str, Any]:
    """Return what happened to a contact in a span of days, both included."""
    by_kind: dict[str, list[dict[str, Any]]] = {
        "hardBounces": [],
        "complaints": [],
        "userUnsubscription": [],
        "adminUnsubscription": [],
    }
    for event in contact.events:
        if first <= date.fromisoformat(event.time[:10]) <= last:
            campaign = {} if event.kind == "adminUnsubscription" else {"campaignId": CAMPAIGN}
            ip = {"ip": event.ip} if event.ip else {}
            by_kind[event.kind].append({**campaign, "eventTime": event.time, **ip})
    return {
        "messagesSent": [],
        "delivered": [],
        "opened": [],
        "clicked": [],
        "softBounces": [],
        "hardBounces": by_kind["hardBounces"],
        "complaints": by_kind["complaints"],
        "unsubscriptions": {kind: by_kind[kind] for kind in ("userUnsubscription", "adminUnsubscription")},
    }


def list_json(one: ContactList) -> dict[str, Any]:
    """Return a list. Trap: two of its three numbers are always 0; the official client calls them retired."""
    return {
        "id": one.id,
        "name": one.name,
        "folderId": one.folder_id,
        "totalSubscribers": 0,
        "totalBlacklisted": 0,
        "uniqueSubscribers": len(one.members),
    }


def process_json(process: Process, reports_url: str) -> dict[str, Any]:
    """Return a process; a finished import names its reports, by a link or as null."""
    shown: dict[str, Any] = {"id": process.id, "name": process.name, "status": process.status}
    if process.reports_of and process.status == "completed":
        shown["info"] = {
            "import": {
                report: f"{reports_url}/{process.id}/{report}.csv?signature={process.signature}"
                if report in process.reports
                else None
                for report in process.reports_of
            }
        }
    return shown
