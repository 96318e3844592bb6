"""What the steps of one traced exchange decided, in order: the story behind its answer.

The execution log and `gatewright explain` are both told from it. An exchange that is not traced has none, so
each step costs it one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any, Literal

from gatewright.gateway.masking import without_secrets
from gatewright.wire.types import Field

if TYPE_CHECKING:
    from gatewright.gateway.canary import Canary
    from gatewright.gateway.exchange import Exchange
    from gatewright.gateway.plan import MethodResponse, StagePlan

# Each step with the facts it records:
StepName = Literal[
    "canary",  # serves: whether the canary does; deployment: the one that serves; canary: its one; percent
    "route",  # path, verb, served, resource, method; unserved: nearest resource or None, why
    "resource policy",  # arn, allowed, why, statements: what each statement said
    "authorizer",  # name, kind, allowed, cached, why; further facts of the kind
    "api key",  # accepted, key (masked), stage: `{api}/{stage}`, why; accepted: keyId, plan
    "throttle",  # admitted, limits: those that were asked, in their order; refused: the last had nothing left
    "method request",  # verb, path, pathParameters, query, headers, body
    "request validation",  # validated: whether a model was applied, contentType
    # result: hit, miss, bypassed; namespace, method, key: values by parameter; cacheControl: granted, ignored
    # or None. Behind a miss once more, result: kept with seconds, not kept with why, or fetched by another
    "cache",
    "parameter mapping",  # path, query, headers: what the integration's request parameters came to
    "request template",  # contentType, key, passthrough; rendered: output, missing [{line, column, source}]
    "request override",  # path, query, headers: what the template overrode
    "endpoint request",  # uri, headers, body
    "endpoint target",  # of a VPC link: loadBalancer, target: whose turn it is
    "endpoint response",  # status, latencyMs, headers, body
    "integration response",  # subject, pattern, status, default
    "response template",  # key; rendered: output, missing
    "response override",  # status, headers
    "stream",  # bytes; error: why it was cut, None where it is whole
    "gateway response",  # type, status, reason, detail, headers, body
    "method response",  # status, headers, body
]
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    name: StepName
    at: float  # epoch seconds
    facts: dict[str, Any]  # JSON values


class Trace:
    """The steps so far."""

    __slots__ = ("_clock", "_secrets", "steps")

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._secrets: list[str] = []
        self.steps: list[Step] = []

    def add(self, name: StepName, /, **facts: Any) -> None:
        self.steps.append(Step(name, self._clock(), self.shown(facts) if self._secrets else facts))

    def hide(self, secrets: Iterable[str]) -> None:
        """Mask these values wherever they stand in steps that are added from now on."""
        self._secrets += secrets

    def shown(self, fact: Any) -> Any:
        """A fact with what was hidden masked."""
        if isinstance(fact, str):
            return without_secrets(fact, self._secrets)
        if isinstance(fact, dict):
            return {name: self.shown(value) for name, value in fact.items()}
        return [self.shown(value) for value in fact] if isinstance(fact, list) else fact


def shown_fields(fields: Iterable[Field]) -> Headers:
    """Header fields as a map: values of one name joined by commas, as the service's logs show them."""
    shown: Headers = {}
    for name, value in fields:
        key, text = name.decode("latin-1"), value.decode("utf-8", "replace")
        shown[key] = f"{shown[key]},{text}" if key in shown else text
    return shown


def shown_head(head: bytes) -> Headers:
    """The header lines of a rendered head as a map."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n") if line)
    return shown_fields((name, value) for name, _, value in lines)


def shown_body(body: bytes | str) -> str:
    """A body as the logs show it."""
    if isinstance(body, str):
        return body
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "[Binary Data]"


def tell_canary(trace: Trace, serves: StagePlan, canary: Canary) -> None:
    """Which of a stage's two deployments serves the request, and what share the canary has."""
    trace.add(
        "canary",
        serves=serves is canary.plan,
        deployment=serves.deployment_id,
        canary=canary.plan.deployment_id,
        percent=canary.percent,
    )


def tell_route(trace: Trace, exchange: Exchange) -> None:
    """Which method serves the request, or the resource that came nearest."""
    method = exchange.method
    if method is not None:
        trace.add(
            "route",
            path=exchange.path,
            verb=exchange.verb,
            served=True,
            resource=method.resource_path,
            method=method.http_method,
        )
        return
    nearest = exchange.stage.router.nearest(exchange.path, exchange.verb)
    trace.add("route", path=exchange.path, verb=exchange.verb, served=False, **nearest)


def tell_request(trace: Trace, exchange: Exchange) -> None:
    """The request as Method Request sees it."""
    trace.add(
        "method request",
        verb=exchange.verb,
        path=exchange.path,
        pathParameters=dict(exchange.path_parameters),
        query={name: ",".join(values) for name, values in exchange.query.items()},
        headers=shown_fields(exchange.fields),
        body=shown_body(exchange.request.body),
    )


def tell_stream(trace: Trace, size: int, error: Exception | None) -> None:
    """What became of an answer that passed as it came, whose head was told before."""
    trace.add("stream", bytes=size, error=None if error is None else str(error))


def tell_answer(trace: Trace, exchange: Exchange, response: MethodResponse) -> None:
    """What the client gets, and why where that is the gateway's own answer."""
    failure = exchange.failure
    headers = shown_head(response.rendered) | shown_fields(response.fields)
    if failure is None:
        trace.add("method response", status=response.status, headers=headers, body=shown_body(response.body))
        return
    trace.add(
        "gateway response",
        type=failure.type.name,
        status=response.status,
        reason=failure.reason,
        detail=failure.detail,
        headers=headers,
        body=shown_body(response.body),
    )
