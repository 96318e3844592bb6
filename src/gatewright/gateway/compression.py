"""Content codings: undone on requests, applied to responses where the API asks for it."""

from __future__ import annotations

from functools import lru_cache

from gatewright.gateway.errors import REQUEST_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, GatewayError
from gatewright.gateway.plan import MethodResponse
from gatewright.wire.coding import CodingError, TooLarge, decode, encode
from gatewright.wire.types import Request

_SUPPORTED = frozenset((b"deflate", b"gzip"))


def decode_request_body(request: Request, limit: int) -> bytes:
    """The plain body, at most `limit` bytes. Raises GatewayError 415 for an unknown or broken coding, 413."""
    body = request.body
    if not body:
        return body
    coding = request.headers.get(b"content-encoding")
    if coding is None:
        return body
    try:
        return decode(coding, body, limit)
    except TooLarge:
        raise GatewayError(
            REQUEST_TOO_LARGE,
            "Request Too Long",
            reason=f"The request body is longer than {limit} bytes once its content coding is undone",
        ) from None
    except CodingError as error:
        raise GatewayError(
            UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            reason=f"The request body's Content-Encoding cannot be undone: {error}",
        ) from None


def compress(minimum: int, request: Request, response: MethodResponse) -> MethodResponse:
    """The response compressed as the client prefers, or itself: when its body is shorter than `minimum`
    bytes, has a coding already, or the client's first choice is no coding we speak."""
    body = response.body
    if not body or len(body) < minimum:
        return response
    accepted = request.headers.get(b"accept-encoding")
    coding = None if accepted is None else _preferred(accepted)
    if coding is None or _is_coded(response):
        return response
    fields = [*response.fields, (b"Content-Encoding", coding)]
    return MethodResponse(response.status, fields, encode(coding, body), response.rendered)


def _is_coded(response: MethodResponse) -> bool:
    lines = response.rendered.lower().split(b"\r\n")
    return any(line.startswith(b"content-encoding:") for line in lines) or any(
        name.lower() == b"content-encoding" for name, _ in response.fields
    )


@lru_cache(maxsize=256)
def _preferred(accepted: bytes) -> bytes | None:
    """The coding of highest weight, the first of several; None if it is not supported. `*` names none."""
    best, best_weight = b"", 0.0
    for entry in accepted.lower().split(b","):
        coding, _, parameters = entry.partition(b";")
        weight = _weight(parameters)
        if weight > best_weight:
            best, best_weight = coding.strip(), weight
    return best if best in _SUPPORTED else None


def _weight(parameters: bytes) -> float:
    name, _, value = parameters.strip().partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
