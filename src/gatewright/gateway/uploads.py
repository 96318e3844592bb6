"""Requests that are answered while their large body comes: when it is collected, and when it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatewright.gateway.errors import DEFAULT_4XX, REQUEST_TOO_LARGE, GatewayError
from gatewright.wire.inflow import BodyLost, StreamedRequest

if TYPE_CHECKING:
    from gatewright.gateway.exchange import Exchange


async def collect(exchange: Exchange, request: StreamedRequest) -> None:
    """Have the whole request before going on; a client that waits to be asked for its body is asked now.

    Awaits only `Pending` values. Raises GatewayError.
    """
    try:
        whole = await request.whole(exchange.outside.payload_bytes)
    except BodyLost as error:
        reason = "Execution failed because the request's body broke off"
        raise GatewayError(DEFAULT_4XX, None, reason=reason, detail=str(error), status=error.status) from None
    if whole is None:
        reason = f"The request body is longer than {exchange.outside.payload_bytes} bytes"
        raise GatewayError(REQUEST_TOO_LARGE, "Request Too Long", reason=reason)
    exchange.request = whole
