"""Making merge fields."""

from collections.abc import Iterator, Sequence
from typing import Any

from rundbrief.fields import (
    CrmField,
    FieldKind,
    FieldLink,
    FieldMap,
    FieldRoom,
    FieldType,
    RemoteField,
    best_kind,
    new_key,
    not_made,
)
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_mailchimp.merge_fields import KINDS, merge_fields, remote_field
from rundbrief_mailchimp.refusals import Refusal
from rundbrief_mailchimp.schemas import MergeFieldSchema, read

__all__ = ["add_choices", "create_fields", "room_for_fields"]

LONGEST_TAG = 10
"""Characters of a tag: letters, digits and underscores (third party; a longer one is refused)."""

MOST, MOST_PREMIUM = 30, 80
"""Merge fields of an audience, on most plans and on the largest (third party: chimpmatic.com)."""


def create_fields(session: Session, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    """Make a merge field for each, not required and not shown on forms."""
    taken = [row["tag"] for row in merge_fields(session, mailing_list)]
    links: list[FieldLink] = []
    refused: list[tuple[CrmField, str]] = []
    for field in wanted:
        tag = new_key(field.label, taken, upper=True, longest=LONGEST_TAG)
        body = _body(field, tag, best_kind(field, KINDS))
        response = session.http.post(f"/lists/{mailing_list.id}/merge-fields", json=body)
        if response.status == 400:
            refusal = Refusal.of_problem(400, response.json())
            refused.append((field, refusal.text or refusal.field_errors))
            continue
        made = remote_field(read(response, MergeFieldSchema))
        taken.append(made.key)
        links.append(FieldLink(field.key, made))
    return FieldMap(tuple(links), not_made(refused))


def room_for_fields(session: Session, mailing_list: MailingList) -> FieldRoom:
    """Return what the largest plan allows: which one the account has, the API does not tell for sure."""
    there = sum(1 for _ in merge_fields(session, mailing_list))
    rule = f"An audience has at most {MOST} merge fields, {MOST_PREMIUM} on the Premium plan; {there} are there."
    return FieldRoom(MOST_PREMIUM - there, rule, certain=MOST - there)


def add_choices(
    session: Session, mailing_list: MailingList, field: RemoteField, choices: Sequence[str]
) -> RemoteField:
    """Add choices to a dropdown or to radio buttons; the call takes all of them."""
    [number] = [row["number"] for row in merge_fields(session, mailing_list) if row["tag"] == field.key]
    response = session.http.request(
        "PATCH",
        f"/lists/{mailing_list.id}/merge-fields/{number}",
        json={"options": {"choices": [*field.choices, *choices]}},
        idempotent=True,
    )
    return remote_field(read(response, MergeFieldSchema))


def _body(field: CrmField, tag: str, kind: FieldKind) -> dict[str, Any]:
    body = {"name": field.label, "tag": tag, "type": kind.name, "required": False, "public": False}
    return body | dict(_options(field, kind))


def _options(field: CrmField, kind: FieldKind) -> Iterator[tuple[str, Any]]:
    if kind.type is FieldType.CHOICE:
        yield "options", {"choices": list(field.choices)}
    elif kind.type is FieldType.BIRTHDAY:
        yield "options", {"date_format": "MM/DD"}
