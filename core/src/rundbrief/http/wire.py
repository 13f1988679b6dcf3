"""From the wire into typed data: answers that are not what the service documents are its fault, not a crash."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from rundbrief.errors import ProtocolError
from rundbrief.http.redaction import masked

__all__ = ["WireSchema", "load"]


class WireSchema(Schema):
    """The base of a service's answers: what the schema does not name is ignored, on every level.

    Services add fields without notice; only what a plugin reads is its business.
    """

    class Meta:
        unknown = EXCLUDE


def load(schema: Schema | type[Schema], payload: Any, *, many: bool | None = None) -> Any:
    """Load a decoded answer with a marshmallow schema; fields it does not know are ignored.

    Raises:
        ProtocolError: something is missing or of the wrong type. It names the field, never the value.
    """
    instance = schema() if isinstance(schema, type) else schema
    try:
        return instance.load(payload, many=many, unknown=EXCLUDE)
    except ValidationError as error:
        where = _first_path(error.messages)
    # Raised out here, it does not take along the error above, which holds the answer.
    raise ProtocolError(
        f"The service sent an answer that its documentation does not allow (at {where}).",
        hint="If it lasts, tell the plugin's author; the service may have changed.",
    )


def _first_path(messages: Any) -> str:
    """Return where the first complaint is. A key of the answer's own may be an address, and is masked."""
    path = []
    while isinstance(messages, dict) and messages:
        key, messages = next(iter(messages.items()))
        path.append(masked(str(key)))
    return ".".join(path) or "its root"
