"""An API's resource policy, as its methods ask it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import time
from urllib.parse import unquote

from gatewright.aws.policy import admission, execute_api
from gatewright.aws.policy.deny_texts import Denial, not_authorized
from gatewright.aws.policy.document import RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Decision, Policy, StatementAnswer, Verdict, evaluate, explain
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import ANONYMOUS, Request
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.wire import types as wire

REMEMBERED_PATH = 256  # characters, at most, of a path that decisions are remembered for


class ResourcePolicy:
    """One compiled policy."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def admit(self, exchange: Exchange) -> None:
        """For callers without a signature: it must allow. Raises GatewayError 403."""
        self._settle(exchange, admission.admitted)

    def refuse_beforehand(self, exchange: Exchange) -> None:
        """Before a Lambda authorizer: an explicit Deny refuses, silence does not. Raises GatewayError 403."""
        self._settle(exchange, admission.refused_beforehand)

    def _settle(self, exchange: Exchange, decide: Callable[[Policy, Request], Denial | None]) -> None:
        request = invocation(exchange, self.policy)
        denial = decide(self.policy, request)
        for other in as_backends_read(exchange.path, request):
            denial = denial or admission.refused_beforehand(self.policy, other)
        if exchange.tracing is not None:
            exchange.tracing.add(
                "resource policy",
                arn=request.resource,
                allowed=denial is None,
                why=_why(evaluate(self.policy, request), denial),
                statements=told("", self.policy, request, exchange.path),
            )
        if denial is not None:
            raise denied(None, request.resource, denial)


def _why(decision: Decision, denial: Denial | None) -> str:
    if denial is None:
        return "no statement denies" if decision.statement is None else f"{decision.statement} allows"
    if not denial.explicit:
        return "no statement allows"
    if decision.verdict is Verdict.DENY:
        return f"{decision.statement} denies"
    return "a statement denies the path with its escapes and dots resolved"


def method_arn(exchange: Exchange) -> str:
    """The ARN that policies see of a request: its own verb and its path as it was sent."""
    return execute_api.method_arn(exchange.stage.arn, exchange.verb, exchange.path)


def by_path_alone(exchange: Exchange, *policies: Policy | None) -> bool:
    """Whether these decide the same on each request with this verb and path, so that it is worth
    remembering: they have no conditions."""
    for policy in policies:
        if policy is not None and policy.keys:
            return False
    return len(exchange.path) <= REMEMBERED_PATH


def invocation(exchange: Exchange, *policies: Policy | None) -> Request:
    """What policies are asked of a request whose caller has no name, with the condition keys they look at."""
    keys: frozenset[str] = frozenset()
    for policy in policies:
        keys = keys | policy.keys if policy is not None and policy.keys else keys
    context = _context(exchange.request, keys) if keys else {}
    return Request(execute_api.INVOKE, method_arn(exchange), ANONYMOUS, context)


def anonymous(stage: str, verb: str, path: str) -> Request:
    """The same for policies without conditions. `stage` is the stage's ARN."""
    return Request(execute_api.INVOKE, execute_api.method_arn(stage, verb, path))


def _context(request: wire.Request, keys: frozenset[str]) -> dict[str, str]:
    return execute_api.request_context(
        keys,
        source_ip=request.client,
        user_agent=_text(request.headers.get(b"user-agent")),
        referer=_text(request.headers.get(b"referer")),
        secure=request.scheme == "https",
        now=time(),
    )


def as_backends_read(path: str, request: Request) -> tuple[Request, ...]:
    """The request with its path's escapes, dots and superfluous slashes resolved, with and without a last
    slash where one was sent; none for a path without.

    Policies are about the path as it was sent. Backends may resolve it, and the router passes over a last
    slash, so a Deny holds for all readings.
    """
    if "%" not in path and "//" not in path and "/." not in path and not path.endswith("/"):
        return ()
    before = request.resource.removesuffix(path.removeprefix("/"))
    return tuple(
        Request(request.action, before + resolved.removeprefix("/"), request.names, request.context)
        for resolved in _resolved(path)
        if resolved != path
    )


def _resolved(path: str) -> Iterator[str]:
    segments: list[str] = []
    sent = unquote(path).split("/")
    for segment in sent:
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    yield "/" + "/".join(segments)
    if segments and sent[-1] in ("", ".", ".."):
        yield "/" + "/".join(segments) + "/"


def told(what: str, policy: Policy | None, request: Request, path: str) -> list[str]:
    """Each statement of a policy, and why it did or did not decide, in words."""
    if policy is None:
        return []
    before = f"{what}, " if what else ""
    resolved = [explain(policy, other) for other in as_backends_read(path, request)]
    return [
        f"{before}{one.statement} ({one.effect.value}): {_met(one, [other[place] for other in resolved])}"
        for place, one in enumerate(explain(policy, request))
    ]


def _met(one: StatementAnswer, resolved: list[StatementAnswer]) -> str:
    """`resolved` is what the statement says of the path as backends may read it, which counts for a Deny."""
    if one.unmet and one.effect is Verdict.DENY and any(other.matched for other in resolved):
        return "matches the path with its escapes and dots resolved"
    return "; ".join(one.unmet) or "matches"


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
    if unsupplied := execute_api.unsupplied_keys(policy):
        names = ", ".join(sorted(unsupplied))
        raise ValueError(
            f"the API's resource policy looks at {names}, which no request has here; take these conditions "
            "out, or use aws:SourceIp for what only private APIs know"
        )
    return ResourcePolicy(policy)
