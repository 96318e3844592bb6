"""The execution log of one request, told from its trace in the words of the real service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from time import gmtime, strftime
from typing import Any

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.masking import mask_headers, mask_parameters, mask_uri
from gatewright.gateway.trace import Trace

MAP_CHARACTERS = 998  # of a map; what is longer is cut
TRUNCATED = " [TRUNCATED]"


def render_log(request_id: str, trace: Trace) -> str:
    """The `log` of TestInvokeMethod: its first line undated, others `Thu Aug 01 10:00:00 UTC 2024 : …`."""
    return _rendered(request_id, lines(request_id, trace))


def render_authorizer_log(request_id: str, trace: Trace, failure: GatewayError | None) -> str:
    """The `log` of TestInvokeAuthorizer; `failure` is how the authorizer ended, None when it answered."""
    step = trace.steps[0]
    texts = list(_authorizer(request_id, step.facts))
    if failure is not None:
        texts += (failure.reason, failure.message or failure.error_type)
    return _rendered(request_id, ((step.at, text) for text in texts))


def _rendered(request_id: str, told: Iterable[tuple[float, str]]) -> str:
    dated = "".join(f"{_date(at)} : {text}\n" for at, text in told)
    return f"Execution log for request {request_id}\n{dated}"


def lines(request_id: str, trace: Trace) -> Iterator[tuple[float, str]]:
    """(epoch seconds, text) of each line, data trace on. What is refused admission is not executed."""
    started = False
    for step in trace.steps:
        before = _BEFORE_EXECUTION.get(step.name)
        if before is not None:
            yield from ((step.at, text) for text in before(request_id, step.facts))
        if not started and step.name in _OF_EXECUTION:
            started = True
            yield step.at, f"Starting execution for request: {request_id}"
        tell = _TOLD.get(step.name)
        if tell is not None:
            for text in tell(step.facts):
                yield step.at, text


def java_map(entries: Mapping[str, str]) -> str:
    """`{k=v, k2=v2}`, cut as the service cuts it."""
    text = "{" + ", ".join(f"{name}={value}" for name, value in entries.items()) + "}"
    return text if len(text) <= MAP_CHARACTERS else text[:MAP_CHARACTERS] + TRUNCATED


def _date(at: float) -> str:
    return strftime("%a %b %d %H:%M:%S UTC %Y", gmtime(at))


def _authorizer(request_id: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Of a Lambda authorizer; why it refused is the request's last word, not its own."""
    if facts["kind"] not in ("TOKEN", "REQUEST"):
        return
    yield f"Starting authorizer: {facts['id']} for request: {request_id}"
    if "identity" in facts:
        identity = facts["identity"]
        shown = java_map(identity) if facts["kind"] == "REQUEST" else next(iter(identity.values()))
        yield f"Incoming identity: {shown}"
    if "event" in facts:
        yield from _endpoint_request({**facts, "body": facts["event"]})
    if "result" in facts:
        yield f"Authorizer result body before parsing: {facts['result']}"
    if "principal" in facts:
        yield f"Using valid authorizer policy for principal: {facts['principal']}"
        yield "Successfully completed authorizer execution"


def _usage_plan(request_id: str, facts: Mapping[str, Any]) -> Iterable[str]:
    """Told before the execution starts, which a refused key never sees."""
    key, stage = facts["key"], facts["stage"]
    yield f"Verifying Usage Plan for request: {request_id}. API Key: {key} API Stage: {stage}"
    if facts["accepted"]:
        yield f"Usage Plan check succeeded for API Key {key} and API Stage {stage}"


def _method_request(facts: Mapping[str, Any]) -> Iterable[str]:
    return (
        f"HTTP Method: {facts['verb']}, Resource Path: {facts['path']}",
        f"Method request path: {java_map(facts['pathParameters'])}",
        f"Method request query string: {java_map(mask_parameters(facts['query']))}",
        f"Method request headers: {java_map(mask_headers(facts['headers']))}",
        f"Method request body before transformations: {facts['body']}",
    )


def _validation(facts: Mapping[str, Any]) -> Iterable[str]:
    return (f"Request validation succeeded for content type {facts['contentType']}",)


def _endpoint_request(facts: Mapping[str, Any]) -> Iterable[str]:
    uri = mask_uri(facts["uri"])
    return (
        f"Endpoint request URI: {uri}",
        f"Endpoint request headers: {java_map(mask_headers(facts['headers']))}",
        f"Endpoint request body after transformations: {facts['body']}",
        f"Sending request to {uri}",
    )


def _endpoint_response(facts: Mapping[str, Any]) -> Iterable[str]:
    return (
        f"Received response. Status: {facts['status']}, Integration latency: {facts['latencyMs']} ms",
        f"Endpoint response headers: {java_map(mask_headers(facts['headers']))}",
        f"Endpoint response body before transformations: {facts['body']}",
    )


def _method_response(facts: Mapping[str, Any]) -> Iterable[str]:
    return (
        f"Method response body after transformations: {facts['body']}",
        f"Method response headers: {java_map(mask_headers(facts['headers']))}",
        "Successfully completed execution",
        f"Method completed with status: {facts['status']}",
    )


def _gateway_response(facts: Mapping[str, Any]) -> Iterable[str]:
    return (facts["reason"], f"Method completed with status: {facts['status']}")


_TOLD: Mapping[str, Callable[[Mapping[str, Any]], Iterable[str]]] = {
    "method request": _method_request,
    "request validation": _validation,
    "endpoint request": _endpoint_request,
    "endpoint response": _endpoint_response,
    "method response": _method_response,
    "gateway response": _gateway_response,
}
_OF_EXECUTION = _TOLD.keys() - {"gateway response"}  # which may answer before anything was executed
_BEFORE_EXECUTION: Mapping[str, Callable[[str, Mapping[str, Any]], Iterable[str]]] = {
    "authorizer": _authorizer,
    "api key": _usage_plan,
}
