"""The token endpoint over HTTP: where credentials may stand, and how errors look."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from rundbrief_cleverreach.testing.call import decoded
from rundbrief_cleverreach.testing.problems import Problem
from rundbrief_cleverreach.testing.tokens import Refused, Tokens

__all__ = ["hand_out"]


def hand_out(tokens: Tokens, request: Request) -> Response:
    """Answer a request for tokens; its errors are of another kind than the API's."""
    try:
        if request.method != "POST":
            raise Refused("invalid_request", "The request method must be POST when requesting an access token")
        return _json(200, tokens.grant(_fields(request)))
    except Refused as refused:
        return _json(400, refused.payload)


def _fields(request: Request) -> Mapping[str, Any]:
    """Return the fields of a form or JSON object; client id and secret may be in the header instead."""
    sent: Any = request.form.to_dict()
    if request.mimetype == "application/json":
        try:
            sent = decoded(request.get_data())
        except Problem:
            sent = None
    credentials = _basic_credentials(request.headers.get("Authorization", ""))
    return {**(sent if isinstance(sent, dict) else {}), **credentials}


def _basic_credentials(header: str) -> Mapping[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _json(status: int, payload: Any) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json; charset=utf-8")
