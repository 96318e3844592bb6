"""Requests with large bodies: which are answered while the body comes, and when the others' is collected."""

from __future__ import annotations

from gatewright.gateway.errors import DEFAULT_4XX, REQUEST_TOO_LARGE, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations.http_stream import HttpPassThrough, HttpStream
from gatewright.gateway.method_request.authorizers.iam import IamAuthorizer
from gatewright.gateway.plan import MethodPlan, StagePlan
from gatewright.wire.inflow import BodyLost, StreamedRequest
from gatewright.wire.types import Request


def begins_without_body(stage: StagePlan, path: str, request: Request) -> bool:
    """Whether the first step that a request meets is no one that wants its body."""
    match = stage.router.find(path, request.method)
    return match is None or takes_upload(match[0], request) or _is_admitted_without_body(match[0])


def takes_upload(method: MethodPlan, request: Request) -> bool:
    """Whether a body passes as it comes."""
    integration = method.integration
    return isinstance(integration, HttpPassThrough | HttpStream) and integration.takes(request)


def _is_admitted_without_body(method: MethodPlan) -> bool:
    admission = method.admission
    return admission is not None and not isinstance(admission.authorizer, IamAuthorizer)


async def collect(exchange: Exchange, method: MethodPlan, request: StreamedRequest) -> None:
    """Have the body of a request that was let on, where the method wants it whole. Awaits only `Pending`
    values. Raises GatewayError."""
    if takes_upload(method, request):
        return
    try:
        whole = await request.whole(exchange.outside.payload_bytes)
    except BodyLost as error:
        reason = "Execution failed because the request's body broke off"
        raise GatewayError(DEFAULT_4XX, None, reason=reason, detail=str(error), status=error.status) from None
    if whole is None:
        reason = f"The request body is longer than {exchange.outside.payload_bytes} bytes"
        raise GatewayError(REQUEST_TOO_LARGE, "Request Too Long", reason=reason)
    exchange.request = whole
