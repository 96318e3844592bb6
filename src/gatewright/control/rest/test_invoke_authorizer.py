"""TestInvokeAuthorizer."""

from __future__ import annotations

from typing import cast

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document, Transaction
from gatewright.control.operation import Call, EffectCall, Params
from gatewright.control.rest.common import require_api, require_authorizer
from gatewright.control.rest.test_invoke import forget_roles, request_fields
from gatewright.gateway.errors import CannotCompile
from gatewright.gateway.test_invoke_authorizer import Invocation, Outcome, invoke

_CONTEXT = "context."


async def test_invoke_authorizer(call: EffectCall, params: Params) -> Document:
    """Ask the draft's authorizer. A body is taken and, as at AWS, no part of what a function is asked."""
    rest_api, authorizer = _draft(call, params)
    if authorizer["type"] == "JWT":
        raise BadRequest("JWT authorizers cannot be tested; call a method that has the authorizer")
    asked = Invocation(
        path=params.get("pathWithQueryString") or "/",
        fields=request_fields(params),
        variables=params.get("stageVariables") or {},
        context={
            name if name.startswith(_CONTEXT) else _CONTEXT + name: value
            for name, value in (params.get("additionalContext") or {}).items()
        },
    )
    forget_roles(call)
    try:
        outcome = await invoke(
            rest_api, authorizer, call.partition, asked, call.outside, call.services.gateway
        )
    except CannotCompile as error:
        raise BadRequest(f"Gatewright cannot run this authorizer: {error.reason}") from None
    return _answer(outcome)


def _draft(call: EffectCall, params: Params) -> tuple[Document, Document]:
    """The API and its authorizer."""
    api = params["restApiId"]
    with call.catalog.read(call.partition) as reader:
        inner = Call(cast(Transaction, reader), call.services)  # a read needs no more than a Reader has
        return require_api(inner, api), require_authorizer(inner, api, params["authorizerId"])


def _answer(outcome: Outcome) -> Document:
    answer: Document = {
        "clientStatus": outcome.status,
        "log": outcome.log,
        "latency": outcome.milliseconds,
    }
    if outcome.principal_id is not None:
        answer["principalId"] = outcome.principal_id
    if outcome.claims is not None:
        answer["claims"] = outcome.claims
    if outcome.policy is not None:
        answer["policy"] = outcome.policy
    return answer
