"""What the service sends, as marshmallow schemas, and the one way into them.

Only what rundbrief uses is named; everything else is ignored. A missing required field is a `ProtocolError`.
"""

from typing import Any

from marshmallow import Schema, fields

from rundbrief.http import Rows, WireSchema, load
from rundbrief.session import Response
from rundbrief_brevo.refusals import refused_as_a_whole

__all__ = [
    "AccountSchema",
    "AttributesSchema",
    "ContactSchema",
    "ContactsSchema",
    "ImportSchema",
    "ListsSchema",
    "ProcessSchema",
    "read",
]


def read(response: Response, schema: type[Schema]) -> Any:
    """Return the data of a good answer.

    Raises:
        ListUnknown: the list is gone.
        ProtocolError: any other refusal of the request, or an answer that the schema does not allow.
    """
    if response.status in (200, 201, 202):
        return load(schema, response.json())
    raise refused_as_a_whole(response)


class AccountSchema(WireSchema):
    email = fields.String(required=True)
    company = fields.String(load_default="", data_key="companyName")


class _ListSchema(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    size = fields.Integer(load_default=None, allow_none=True, data_key="uniqueSubscribers")


class ListsSchema(WireSchema):
    lists = fields.List(fields.Nested(_ListSchema), load_default=list)
    """Left out when there is none."""
    count = fields.Integer(required=True)


class ContactSchema(WireSchema):
    id = fields.Integer(required=True)
    email = fields.String(load_default="", allow_none=True)
    """Contacts that are known by telephone only have none."""
    blocklisted = fields.Boolean(required=True, data_key="emailBlacklisted")
    lists = fields.List(fields.Integer(), required=True, data_key="listIds")
    left = fields.List(fields.Integer(), load_default=list, allow_none=True, data_key="listUnsubscribed")
    attributes = fields.Dict(keys=fields.String(), required=True)
    statistics = fields.Dict(keys=fields.String(), load_default=dict)
    """Of single contacts only: what happened to them in the last 90 days."""


class ContactsSchema(WireSchema):
    contacts = Rows(ContactSchema, required=True)
    count = fields.Integer(required=True)


class _CategorySchema(WireSchema):
    value = fields.Integer(required=True)
    label = fields.String(required=True)


class _AttributeSchema(WireSchema):
    name = fields.String(required=True)
    category = fields.String(required=True)
    type = fields.String(load_default="")
    enumeration = fields.List(fields.Nested(_CategorySchema), load_default=list)
    """Of a category: what can be chosen. Contacts show the value."""
    options = fields.List(fields.String(), load_default=list, data_key="multiCategoryOptions")


class AttributesSchema(WireSchema):
    attributes = fields.List(fields.Nested(_AttributeSchema), required=True)


class ImportSchema(WireSchema):
    process = fields.Integer(required=True, data_key="processId")


class _ReportsSchema(WireSchema):
    invalid_emails = fields.String(load_default=None, allow_none=True)
    duplicate_email_id = fields.String(load_default=None, allow_none=True)
    duplicate_contact_id = fields.String(load_default=None, allow_none=True)
    duplicate_ext_id = fields.String(load_default=None, allow_none=True)
    duplicate_phone_id = fields.String(load_default=None, allow_none=True)
    duplicate_whatsapp_id = fields.String(load_default=None, allow_none=True)
    duplicate_landline_number_id = fields.String(load_default=None, allow_none=True)


class _InfoSchema(WireSchema):
    import_ = fields.Nested(_ReportsSchema, data_key="import", load_default=dict)


class ProcessSchema(WireSchema):
    status = fields.String(required=True)
    info = fields.Nested(_InfoSchema, load_default=dict, allow_none=True)
