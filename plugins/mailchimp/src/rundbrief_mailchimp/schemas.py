"""What the service sends, as marshmallow schemas, and the one way into them.

Only what rundbrief uses is named; everything else is ignored. A missing required field is a `ProtocolError`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.http import Rows, load
from rundbrief.models import SubscriberStatus
from rundbrief.session import Response
from rundbrief_mailchimp.refusals import Refusal

__all__ = [
    "STATUS",
    "AccountSchema",
    "BatchSchema",
    "ListBatchSchema",
    "ListsSchema",
    "MembersSchema",
    "MergeFieldsSchema",
    "OperationResultSchema",
    "WrittenMemberSchema",
    "read",
]

STATUS: Mapping[str, SubscriberStatus] = {
    "subscribed": SubscriberStatus.SUBSCRIBED,
    "unsubscribed": SubscriberStatus.UNSUBSCRIBED,
    "pending": SubscriberStatus.PENDING,
    "cleaned": SubscriberStatus.BOUNCED,
    "transactional": SubscriberStatus.NEVER,
    "archived": SubscriberStatus.ARCHIVED,
}


def read(response: Response, schema: type[Schema]) -> Any:
    """Return the data of a good answer.

    Raises:
        ListUnknown: 404; every path that is read here lies below a list.
        ProtocolError: any other refusal of the request as a whole, or an answer that the schema does not allow.
    """
    if response.status == 200:
        return load(schema, response.json())
    if response.status == 404:
        raise ListUnknown(
            "Mailchimp does not have what was asked for.",
            hint="The audience may have been deleted: run `rundbrief lists --pull`, and check base_url.",
        )
    refusal = Refusal.of_problem(response.status, response.json())
    raise ProtocolError(f"Mailchimp refused a request as a whole ({response.status}): {refusal.text}")


class WireSchema(Schema):
    class Meta:
        unknown = EXCLUDE


class Moment(fields.Field[datetime | None]):
    """ISO 8601 with an offset; a time that the service does not know is an empty text."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - the name is part of marshmallow's signature
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value) if value else None
        except (TypeError, ValueError):
            raise ValidationError("not a time") from None
        return moment.astimezone(UTC) if moment else None


def _text() -> fields.String:
    """A text that may be missing or null; both read as empty."""
    return fields.String(load_default="", allow_none=True)


class AccountSchema(WireSchema):
    account_name = fields.String(required=True)


class PageSchema(WireSchema):
    total_items = fields.Integer(required=True)


class StatsSchema(WireSchema):
    member_count = fields.Integer(load_default=None, allow_none=True)


class ListSchema(WireSchema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    double_optin = fields.Boolean(required=True)
    stats = fields.Nested(StatsSchema, load_default=dict)


class ListsSchema(PageSchema):
    lists = fields.List(fields.Nested(ListSchema), required=True)


class OptionsSchema(WireSchema):
    choices = fields.List(fields.String(), load_default=list)
    phone_format = _text()
    date_format = _text()


class MergeFieldSchema(WireSchema):
    number = fields.Integer(required=True, data_key="merge_id")
    tag = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    required = fields.Boolean(load_default=False)
    options = fields.Nested(OptionsSchema, load_default=dict)


class MergeFieldsSchema(PageSchema):
    merge_fields = fields.List(fields.Nested(MergeFieldSchema), required=True)


class MemberSchema(WireSchema):
    id = fields.String(required=True)
    email_address = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    last_changed = Moment(required=True)
    contact_id = _text()
    timestamp_signup = Moment(load_default=None)
    timestamp_opt = Moment(load_default=None)
    ip_signup = _text()
    ip_opt = _text()
    unsubscribe_reason = _text()
    source = _text()
    merge_fields = fields.Raw(load_default=dict)


class MembersSchema(PageSchema):
    members = Rows(MemberSchema, required=True)


class WrittenMemberSchema(WireSchema):
    email_address = fields.String(required=True)
    id = _text()
    contact_id = _text()
    status = _text()


class RowErrorSchema(WireSchema):
    email_address = fields.String(required=True)
    error = _text()
    error_code = _text()
    field = _text()
    field_message = _text()


class ListBatchSchema(WireSchema):
    """The answer of `POST /lists/{id}`: 200 even if every row failed."""

    new_members = fields.List(fields.Nested(WrittenMemberSchema), required=True)
    updated_members = fields.List(fields.Nested(WrittenMemberSchema), required=True)
    errors = fields.List(fields.Nested(RowErrorSchema), required=True)


class BatchSchema(WireSchema):
    id = fields.String(required=True)
    status = fields.String(required=True)
    response_body_url = _text()


class OperationResultSchema(WireSchema):
    """One entry of a batch's archive; `response` is JSON again, as a text."""

    status_code = fields.Integer(required=True)
    operation_id = fields.String(required=True)
    response = _text()
