"""The CRM's settings, and the address and credentials that follow from them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from rundbrief.config import SecretField
from rundbrief.session import Endpoint, HeaderAuth

__all__ = ["WeclappSettings", "endpoint"]

TIMEOUT = 90.0
"""Seconds. A request may queue for 30, and then still be carried out; weclapp asks clients to wait for 60."""


class WeclappSettings(Schema):
    tenant = fields.String(
        validate=validate.Regexp(r"^[A-Za-z0-9-]+$", error="the first part of TENANT.weclapp.com"),
        metadata={"description": "The first part of TENANT.weclapp.com. Either this or `tenant_url`."},
    )
    tenant_url = fields.String(
        validate=validate.Length(min=1),
        metadata={
            "description": "Where weclapp answers, for an address of another form. Either this or `tenant`."
        },
    )
    token = SecretField(
        required=True,
        metadata={"description": "The API token of a user, from My settings > API; it has the user's rights."},
    )
    api_version = fields.String(
        load_default="v2",
        validate=validate.OneOf(["v2", "v3"]),
        metadata={"description": "The version of the API. Both are the same for everything that is used here."},
    )
    opt_in_attributes = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={
            "description": "Opt-in field = key of an attribute that exists already and should be used, or a "
            "standard flag such as `optInEmail`."
        },
    )
    opt_in_proof = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Keep the dates of opt-in and opt-out, and the source, in attributes beside each "
            "opt-in."
        },
    )
    tag = fields.String(
        load_default="Newsletter",
        metadata={"description": "What new contacts are tagged with, beside where they came from."},
    )

    @validates_schema
    def _has_one_address(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("tenant" in data) == ("tenant_url" in data):
            raise ValidationError("it takes either tenant or tenant_url")


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    host = settings.get("tenant_url") or f"https://{settings['tenant']}.weclapp.com"
    return Endpoint(
        base_url=f"{host.rstrip('/')}/webapp/api/{settings['api_version']}",
        auth=HeaderAuth(settings["token"], name="AuthenticationToken", prefix=""),
        timeout=TIMEOUT,
    )
