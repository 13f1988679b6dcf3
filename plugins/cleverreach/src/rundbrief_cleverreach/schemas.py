"""What the service sends, as marshmallow schemas, and the one way into them.

PHP is at work there: ids come as numbers or as texts, and an empty object as an empty list. An error may come
with a 200, so the body decides.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from rundbrief.errors import (
    ListUnknown,
    PermissionMissing,
    ProtocolError,
    RateLimited,
    ServiceUnavailable,
    SignInAgain,
)
from rundbrief.http import WireSchema, load
from rundbrief.masking import mask_addresses
from rundbrief.session import Response

__all__ = [
    "AccountSchema",
    "AttributeSchema",
    "EntrySchema",
    "GroupSchema",
    "ReceiverSchema",
    "payload",
    "read",
    "refusal_in",
    "says_not_found",
]


def payload(response: Response) -> Any:
    """Return a decoded answer that is no error; a 204 stands for no rows.

    A 200 without a body does not: taken for an empty list, an answer that was lost on the way would make everybody
    look deleted, or hide who has left.

    Raises:
        RundbriefError: by the code in the body, else by the status.
    """
    if response.status == 204:
        return []
    decoded = response.json()
    if error := _error_in(decoded):
        raise _explained(_number(error.get("code")) or response.status, str(error.get("message", "")))
    if response.status >= 400:
        raise _explained(response.status, "")
    return decoded


def refusal_in(response: Response) -> str:
    """Return the service's words where it refuses a request for what it asks; empty for any other answer."""
    error = _error_in(response.json()) if response.content.strip() else {}
    code = _number(error.get("code")) or response.status
    return mask_addresses(str(error.get("message") or code)) if code in (400, 409) else ""


def says_not_found(response: Response) -> bool:
    """Tell whether the service itself says that nothing is there; a 404 of somebody on the way says nothing.

    Raises:
        ProtocolError: the answer is not JSON.
    """
    return bool(response.content.strip()) and _number(_error_in(response.json()).get("code")) == 404


def _error_in(decoded: Any) -> Mapping[str, Any]:
    error = decoded.get("error") if isinstance(decoded, dict) else None
    return error if isinstance(error, dict) else {}


def read(response: Response, schema: Schema) -> Any:
    """Return the data of a good answer. Raises as `payload`, and ProtocolError for what the schema forbids."""
    return load(schema, payload(response))


def _explained(code: int, message: str) -> Exception:
    if code == 401:
        return SignInAgain(
            "CleverReach no longer takes the access token.", hint="Check client_id and client_secret."
        )
    if code == 403:
        return PermissionMissing(
            "CleverReach refuses this: a right of the app is missing, or the account's contingent is used up.",
            hint="Look at the app's scopes, and at the account's number of recipients.",
        )
    if code == 404 or "invalid group" in message.lower():
        return ListUnknown(
            "CleverReach does not have this list.",
            hint="It may have been deleted: run `rundbrief lists --pull`.",
        )
    if code == 429:
        return RateLimited("CleverReach wants fewer requests.", hint="Run again later; what was done is saved.")
    if code >= 500:
        return ServiceUnavailable(
            f"CleverReach is in trouble ({code}).", hint="Run again later; what was done is saved."
        )
    return ProtocolError(f"CleverReach refused a request as a whole ({code}).")


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


class _Id(fields.Field[str]):
    """A number, or a text of digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:  # noqa: ARG002
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.make_error("required")
        return str(value)


class _Object(fields.Field[dict[str, Any]]):
    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> dict[str, Any]:
        return dict(value) if isinstance(value, dict) else {}


class AccountSchema(WireSchema):
    id = _Id(required=True)
    name = fields.String(load_default="", allow_none=True)
    company = fields.String(load_default="", allow_none=True)


class GroupSchema(WireSchema):
    id = _Id(required=True)
    name = fields.String(required=True)


class ReceiverSchema(WireSchema):
    """Times are in Unix seconds; 0 is unset."""

    id = _Id(required=True)
    email = fields.String(required=True)
    registered = fields.Integer(load_default=0, allow_none=True)
    activated = fields.Integer(load_default=0, allow_none=True)
    deactivated = fields.Integer(load_default=0, allow_none=True)
    bounced = fields.Integer(load_default=0, allow_none=True)
    source = fields.String(load_default="", allow_none=True)
    attributes = _Object(load_default=dict)
    global_attributes = _Object(load_default=dict)


class EntrySchema(WireSchema):
    """An entry of a blacklist: an address, or `*@domain`."""

    email = fields.String(required=True)
    stamp = fields.Integer(load_default=0, allow_none=True)


class LimitsSchema(WireSchema):
    """How many attributes the account may have, has, and may still be given."""

    limit = fields.Integer(required=True)
    used = fields.Integer(required=True)
    available = fields.Integer(required=True)


class AttributeSchema(WireSchema):
    name = fields.String(required=True)
    description = fields.String(load_default="", allow_none=True)
    type = fields.String(load_default="text")
