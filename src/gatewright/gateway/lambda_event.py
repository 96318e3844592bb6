"""The event a Lambda proxy integration sends: payload format 1.0 of REST APIs."""

from __future__ import annotations

import binascii

import orjson

from gatewright.gateway.context import request_context
from gatewright.gateway.exchange import Exchange


def build(exchange: Exchange, body: bytes, binary: bool) -> bytes:
    """The event as JSON: exactly these twelve keys, in the order of real events.

    A binary body travels in base64; in a text body, bytes that are no UTF-8 become U+FFFD.
    """
    method = exchange.method
    query = exchange.query
    event = {
        "resource": method and method.resource_path,
        "path": exchange.path,
        "httpMethod": exchange.verb,
        "headers": exchange.headers or None,
        "multiValueHeaders": exchange.multi_headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": exchange.path_parameters or None,
        "stageVariables": exchange.stage.variables or None,
        "requestContext": request_context(exchange),
        "body": _body(body, binary),
        "isBase64Encoded": binary and bool(body),
    }
    return orjson.dumps(event, default=dict)


def _body(body: bytes, binary: bool) -> str | None:
    if not body:
        return None
    if binary:
        return binascii.b2a_base64(body, newline=False).decode()
    return body.decode("utf-8", "replace")
