"""A connection's settings, and the address and credentials that follow from them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from rundbrief.config import SecretField
from rundbrief.session import Endpoint, HeaderAuth

__all__ = ["PaperboySettings", "endpoint"]


class PaperboySettings(Schema):
    api_key = SecretField(required=True, metadata={"description": "The account's API key."})
    base_url = fields.String(
        load_default="https://api.paperboy.example/v1",
        metadata={"description": "Where the API answers."},
    )


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    return Endpoint(settings["base_url"], HeaderAuth(settings["api_key"]))
