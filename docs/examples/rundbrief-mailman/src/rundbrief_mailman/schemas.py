"""What Mailman sends, as far as the plugin reads it. Everything else in an answer is ignored."""

from marshmallow import fields, validate

from rundbrief.http import WireSchema

__all__ = [
    "AddressSchema",
    "BanSchema",
    "DomainsSchema",
    "ListsSchema",
    "MemberIdsSchema",
    "MemberSchema",
    "MembersSchema",
    "PolicySchema",
    "RequestsSchema",
    "TokenSchema",
    "VersionsSchema",
]

POLICIES = ("open", "confirm", "moderate", "confirm_then_moderate")


class _CollectionSchema(WireSchema):
    """A collection without entries has no key of that name."""

    start = fields.Integer(required=True)
    total_size = fields.Integer(required=True)


class VersionsSchema(WireSchema):
    mailman_version = fields.String(required=True)


class _DomainSchema(WireSchema):
    mail_host = fields.String(required=True)


class DomainsSchema(_CollectionSchema):
    entries = fields.List(fields.Nested(_DomainSchema), load_default=list)


class _ListSchema(WireSchema):
    list_id = fields.String(required=True)
    display_name = fields.String(required=True)
    fqdn_listname = fields.String(required=True)
    member_count = fields.Integer(load_default=None)


class ListsSchema(_CollectionSchema):
    entries = fields.List(fields.Nested(_ListSchema), load_default=list)


class PolicySchema(WireSchema):
    subscription_policy = fields.String(required=True, validate=validate.OneOf(POLICIES))


class MemberSchema(WireSchema):
    member_id = fields.String(required=True)
    list_id = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.String(required=True)
    display_name = fields.String(load_default="")
    subscription_mode = fields.String(required=True, validate=validate.OneOf(("as_address", "as_user")))
    user = fields.String(required=True)
    """A URL; the user's id is its last part."""


class MembersSchema(_CollectionSchema):
    entries = fields.List(fields.Nested(MemberSchema), load_default=list)


class _MemberIdSchema(WireSchema):
    member_id = fields.String(required=True)


class MemberIdsSchema(_CollectionSchema):
    entries = fields.List(fields.Nested(_MemberIdSchema), load_default=list)


class _RequestSchema(WireSchema):
    token = fields.String(required=True)
    email = fields.String(required=True)
    display_name = fields.String(load_default="")


class RequestsSchema(_CollectionSchema):
    entries = fields.List(fields.Nested(_RequestSchema), load_default=list)


class TokenSchema(WireSchema):
    token = fields.String(required=True)
    token_owner = fields.String(required=True, validate=validate.OneOf(("subscriber", "moderator")))


class AddressSchema(WireSchema):
    email = fields.String(required=True)
    user = fields.String(load_default=None)


class BanSchema(WireSchema):
    email = fields.String(required=True)
