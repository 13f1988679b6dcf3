"""What the service sends, as far as the plugin reads it. Everything else in an answer is ignored."""

from marshmallow import fields

from rundbrief.http import WireSchema

__all__ = ["AccountSchema", "FieldsSchema", "ListsSchema", "ResultsSchema", "SubscribersSchema"]


class AccountSchema(WireSchema):
    company = fields.String(required=True)


class _ListSchema(WireSchema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    double_opt_in = fields.Boolean(load_default=False)


class ListsSchema(WireSchema):
    lists = fields.List(fields.Nested(_ListSchema), required=True)
    more = fields.Boolean(required=True)


class _SubscriberSchema(WireSchema):
    id = fields.Integer(required=True)
    email = fields.String(required=True)
    state = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    source = fields.String(load_default="")
    data = fields.Dict(keys=fields.String(), load_default=dict, data_key="fields")


class SubscribersSchema(WireSchema):
    subscribers = fields.List(fields.Nested(_SubscriberSchema), required=True)
    more = fields.Boolean(required=True)
    revision = fields.Integer(required=True)


class _FieldSchema(WireSchema):
    key = fields.String(required=True)
    label = fields.String(required=True)


class FieldsSchema(WireSchema):
    rows = fields.List(fields.Nested(_FieldSchema), required=True, data_key="fields")


class _ResultSchema(WireSchema):
    result = fields.String(required=True)
    id = fields.Integer(load_default=None, allow_none=True)


class ResultsSchema(WireSchema):
    results = fields.List(fields.Nested(_ResultSchema), required=True)
    """One for each row that was sent, in the same order."""
