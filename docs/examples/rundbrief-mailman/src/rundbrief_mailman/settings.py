"""A connection's settings, and the address and credentials that follow from them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from rundbrief.config import SecretField
from rundbrief.session import BasicAuth, Endpoint

__all__ = ["MailmanSettings", "endpoint"]

PATIENCE = 300.0
"""Seconds. Mailman looks at each member of a list to find those whose delivery is disabled."""


class MailmanSettings(Schema):
    """The three values stand in `mailman.cfg`, section `[webservice]`."""

    password = SecretField(required=True)
    user = fields.String(load_default="restadmin")
    base_url = fields.String(load_default="http://localhost:8001/3.1")


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    return Endpoint(settings["base_url"], BasicAuth(settings["user"], settings["password"]), timeout=PATIENCE)
