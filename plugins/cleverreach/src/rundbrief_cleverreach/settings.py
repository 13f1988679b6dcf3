"""A connection's settings, and the address and credentials that follow from them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rundbrief.config import SecretField
from rundbrief.session import Endpoint, OAuth

__all__ = ["CleverReachSettings", "endpoint", "of_the_list"]


class CleverReachSettings(Schema):
    """The app is made in the account: My Account > Extras > REST API, version 3."""

    client_id = SecretField(
        required=True, metadata={"description": "The Client ID of the OAuth app that was made in the account."}
    )
    client_secret = SecretField(required=True, metadata={"description": "The Client Secret of the same app."})
    refresh_token = SecretField(
        metadata={
            "description": "For an app that acts on somebody else's account; without one it acts on its owner's."
        }
    )
    new_attributes = fields.String(
        load_default="account",
        validate=validate.OneOf(("account", "list")),
        metadata={
            "description": "Where `rundbrief fields --push` makes attributes: for all groups of the "
            "`account`, or for the one `list` alone."
        },
    )
    base_url = fields.String(
        load_default="https://rest.cleverreach.com",
        validate=validate.Length(min=1),
        metadata={"description": "Where the API answers."},
    )


def of_the_list(settings: Mapping[str, Any]) -> bool:
    """Tell whether new attributes belong to a group alone."""
    return bool(settings.get("new_attributes") == "list")


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    base_url = settings["base_url"].rstrip("/")
    return Endpoint(
        base_url=f"{base_url}/v3",
        auth=OAuth(
            # Not below /v3.
            token_url=f"{base_url}/oauth/token.php",
            client_id=settings["client_id"].reveal(),
            client_secret=settings["client_secret"],
            refresh_token=settings.get("refresh_token"),
        ),
    )
