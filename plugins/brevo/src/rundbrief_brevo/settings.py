"""A connection's settings, and the address, the credentials and the limits that follow from them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rundbrief.config import SecretField
from rundbrief.session import Allowance, Endpoint, HeaderAuth, Response

__all__ = ["CONTACTS", "PROOF_SETTINGS", "BrevoSettings", "endpoint"]

CONTACTS = "contacts"
"""The budget of everything below `/contacts`. All other requests share a far smaller one (docs: api-limits)."""

PROOF_SETTINGS = ("opt_in_date_attribute", "opt_in_source_attribute")
"""The settings that name text attributes of the account for the proof of an opt-in: the service has no place of
its own for it."""


class BrevoSettings(Schema):
    api_key = SecretField(required=True, metadata={"description": "The account's API key."})
    base_url = fields.String(
        load_default="https://api.brevo.com/v3",
        validate=validate.Length(min=1),
        metadata={"description": "Where the API answers."},
    )
    poll_seconds = fields.Float(
        load_default=10.0,
        validate=validate.Range(min=0, min_inclusive=False, max=120),
        metadata={
            "description": "Seconds of the first wait for an import; each look after it comes three times "
            "later, up to two minutes."
        },
    )
    opt_in_date_attribute = fields.String(
        validate=validate.Length(min=1),
        metadata={
            "description": "A text attribute of the account that takes the date of an opt-in: Brevo has no "
            "place of its own for it."
        },
    )
    opt_in_source_attribute = fields.String(
        validate=validate.Length(min=1),
        metadata={"description": "A text attribute of the account that takes the source of an opt-in."},
    )


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        base_url=settings["base_url"],
        auth=HeaderAuth(settings["api_key"], name="api-key", prefix=""),
        budget=lambda path: CONTACTS if path.startswith("/contacts") else "",
        allowance=_allowance,
    )


def _allowance(response: Response) -> Allowance | None:
    """Read what is left. A 429 has no Retry-After; `reset` is in seconds from now (docs: api-limits)."""
    try:
        return Allowance(
            int(response.headers["x-sib-ratelimit-remaining"]), float(response.headers["x-sib-ratelimit-reset"])
        )
    except (KeyError, ValueError):
        return None
