"""An error as the client sees it: `x-amzn-ErrorType`, and a body that ends with a newline."""

from __future__ import annotations

import orjson

from gatewright.aws.errors import AwsError
from gatewright.control.protocol.serialising import JSON, header_field, request_id_field
from gatewright.control.protocol.service import Service
from gatewright.wire.types import Field, Response, render_fields


def refuse(service: Service, error: AwsError, request_id: str) -> Response:
    """The answer to a call that failed."""
    members = dict(error.members)
    fields: list[Field] = [JSON, request_id_field(request_id), header_field("x-amzn-ErrorType", error.code)]
    retry_after = members.pop("retryAfterSeconds", None)
    if retry_after is not None:
        fields.append(header_field("Retry-After", retry_after))
    if service.name == "lambda":
        members.setdefault("Type", "User" if error.status < 500 else "Service")
    body = {**members, service.message_member(error.code): error.message}
    return Response(error.status, render_fields(fields), orjson.dumps(body, default=str) + b"\n")
