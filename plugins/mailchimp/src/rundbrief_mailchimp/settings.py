"""A connection's settings, and the address and credentials that follow from them."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from rundbrief.config import SecretField
from rundbrief.session import BasicAuth, Endpoint, HeaderAuth, Response

__all__ = ["MailchimpSettings", "endpoint"]

WITHOUT_DATA_CENTRE = "https://api.mailchimp.com/3.0"
"""The host of the 2026 documentation (api-structure); older accounts are only known to answer at their own."""

SERVER_TIMEOUT = 120.0
"""Seconds after which the service gives a call up (documentation: rate-limits)."""

_DATA_CENTRE = re.compile(r"-([a-z]{2,4}\d{1,4})$")


class MailchimpSettings(Schema):
    api_key = SecretField(
        metadata={
            "description": "The account's API key; it ends with the data centre. Either this or `oauth_token`."
        }
    )
    oauth_token = SecretField(metadata={"description": "The access token of an app. Either this or `api_key`."})
    base_url = fields.String(
        validate=validate.Length(min=1),
        metadata={"description": "Where the API answers; without it, what follows from the end of the API key."},
    )
    batch_poll_seconds = fields.Float(
        load_default=5.0,
        validate=validate.Range(min=0, min_inclusive=False, max=60),
        metadata={
            "description": "Seconds of the first wait for an asynchronous batch; it doubles with each look."
        },
    )

    @validates_schema
    def _has_one_credential(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("api_key" in data) == ("oauth_token" in data):
            raise ValidationError("it takes either api_key or oauth_token")


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    """Return where the account answers: `base_url`, else the data centre that an API key ends with (`-us21`)."""
    key = settings.get("api_key")
    data_centre = _DATA_CENTRE.search(key.reveal()) if key else None
    own_host = f"https://{data_centre[1]}.api.mailchimp.com/3.0" if data_centre else WITHOUT_DATA_CENTRE
    return Endpoint(
        base_url=settings.get("base_url") or own_host,
        auth=BasicAuth("rundbrief", key) if key else HeaderAuth(settings["oauth_token"]),
        # A call that we give up first still runs, and holds one of the ten connections.
        timeout=SERVER_TIMEOUT + 10,
        is_throttled=_is_throttled,
    )


def _is_throttled(response: Response) -> bool:
    """Recognise *too many requests* as a 403 without a JSON body (documentation: rate-limits).

    A 403 about a missing right is `application/problem+json`.
    """
    return response.status == 403 and not response.content.lstrip().startswith(b"{")
