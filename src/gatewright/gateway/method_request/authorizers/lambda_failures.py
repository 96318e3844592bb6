"""How a Lambda authorizer refuses: 401 to the caller it does not know, 500 where the owner must mend it."""

from __future__ import annotations

from gatewright.gateway.errors import AUTHORIZER_CONFIGURATION_ERROR, UNAUTHORIZED, GatewayError
from gatewright.gateway.exchange import Exchange


def unauthorized(exchange: Exchange, why: str) -> GatewayError:
    """401 `{"message":"Unauthorized"}`; `why` is the owner's to read and holds nothing of the identity."""
    reason = f"Unauthorized request: {exchange.request_id.decode()}"
    return GatewayError(UNAUTHORIZED, "Unauthorized", reason=reason, detail=why)


def misconfigured(cause: str, why: str) -> GatewayError:
    """500 `{"message":null}`: the function, its answer or the permission to call it is at fault."""
    reason = f"Execution failed due to configuration error: {cause}"
    return GatewayError(AUTHORIZER_CONFIGURATION_ERROR, None, reason=reason, detail=why)
