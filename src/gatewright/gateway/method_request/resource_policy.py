"""An API's resource policy, as its methods ask it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import json
from time import time

from gatewright.aws.policy import admission, execute_api
from gatewright.aws.policy.deny_texts import Denial, not_authorized
from gatewright.aws.policy.document import RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Policy, explain
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import Request
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange


class ResourcePolicy:
    """One compiled policy."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def admit(self, exchange: Exchange) -> None:
        """For callers without a signature: it must allow. Raises GatewayError 403."""
        request = invocation(exchange, self.policy)
        self._settle(exchange, request, admission.admitted(self.policy, request))

    def refuse_beforehand(self, exchange: Exchange) -> None:
        """Before a Lambda authorizer: an explicit Deny refuses, silence does not. Raises GatewayError 403."""
        request = invocation(exchange, self.policy)
        self._settle(exchange, request, admission.refused_beforehand(self.policy, request))

    def _settle(self, exchange: Exchange, request: Request, denial: Denial | None) -> None:
        if exchange.tracing is not None:
            exchange.tracing.add(
                "resource policy",
                arn=request.resource,
                allowed=denial is None,
                statements=[str(one) for one in explain(self.policy, request)],
            )
        if denial is not None:
            raise denied(None, request.resource, denial)


def method_arn(exchange: Exchange) -> str:
    """The ARN that policies see of a request: its own verb and its path as it was sent."""
    stage = exchange.stage
    return execute_api.method_arn(
        stage.region, stage.account, stage.api_id, stage.name, exchange.verb, exchange.path
    )


def invocation(exchange: Exchange, *policies: Policy) -> Request:
    """What policies are asked of a request whose caller has no name, with the condition keys they look at."""
    request = exchange.request
    keys = frozenset().union(*(policy.keys for policy in policies))
    context = {}
    if keys:
        context = execute_api.request_context(
            keys,
            source_ip=request.client,
            user_agent=_text(request.headers.get(b"user-agent")),
            referer=_text(request.headers.get(b"referer")),
            secure=request.scheme == "https",
            now=time(),
        )
    return Request(execute_api.INVOKE, method_arn(exchange), context=context)


def denied(who: str | None, arn: str, denial: Denial) -> GatewayError:
    """403; `who` is the caller's ARN, None for one that did not sign."""
    message = not_authorized(who, arn, denial)
    return GatewayError(ACCESS_DENIED, message, reason=message)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def compile_resource_policy(text: str | None, region: str, account: str, api: str) -> ResourcePolicy | None:
    """None for an API without one. Raises ValueError naming every problem."""
    if not text:
        return None
    try:
        document = json.loads(text)
        full = execute_api.completed(document, region, account, api)
        policy = compile_policy(full, RESOURCE_POLICY)
    except PolicyRefused as refused:
        raise ValueError(f"the API's resource policy: {refused}") from None
    except ValueError as error:
        raise ValueError(f"the API's resource policy is no JSON: {error}") from None
    unsupplied = policy.keys & execute_api.KEYS_OF_PRIVATE_APIS
    if unsupplied:
        names = ", ".join(sorted(unsupplied))
        raise ValueError(
            f"the API's resource policy looks at {names}, which only private APIs know and Gatewright cannot "
            "supply; use aws:SourceIp"
        )
    return ResourcePolicy(policy)
