"""What Invoke checks about a payload and a client context before any function sees them."""

from __future__ import annotations

import base64
import json

import orjson

from gatewright.functions.api import InvalidRequestContent, InvocationType, PayloadTooLarge


def check(
    payload: bytes, client_context: str | None, limit: int, invocation_type: InvocationType
) -> str | None:
    """Refuse what Lambda refuses; gives the client context as JSON text that is safe in a header."""
    if len(payload) > limit:
        raise _too_large(len(payload), limit, invocation_type)
    if payload:
        try:
            orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            raise InvalidRequestContent(
                f"Could not parse request body into json: {error}", Type="User"
            ) from error
    return _decode(client_context) if client_context else None


def _too_large(size: int, limit: int, invocation_type: InvocationType) -> PayloadTooLarge:
    if invocation_type == "Event":
        text = f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    else:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    return PayloadTooLarge(text, Type="User")


def _decode(client_context: str) -> str:
    try:
        members = json.loads(base64.b64decode(client_context, validate=True))
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.", Type="User")
    return json.dumps(members)


def printable(text: str) -> str:
    """`text` if it may stand in a header, else nothing."""
    return text if text.isascii() and text.isprintable() else ""
