"""The story of one traced request, step by step, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Facts = Mapping[str, Any]


def heading(trace: Facts) -> str:
    """One line that names the request, its answer and where it went."""
    took = f" in {trace['milliseconds']:.1f} ms" if "milliseconds" in trace else ""
    moment = datetime.fromtimestamp(trace["time"], UTC).strftime("%Y-%m-%d %H:%M:%S")
    asked = f"{trace.get('verb', '')} {trace['path']}".lstrip()
    stage = f"  stage {trace['stage']}" if "stage" in trace else ""
    canary = " (canary)" if trace.get("isCanaryRequest") else ""
    return f"{moment}  {trace['status']}  {asked}{took}{stage}{canary}  {trace['requestId']}"


def tell(trace: Facts) -> Iterator[str]:
    """The lines of the story; what belongs to a step is indented below it."""
    for step in trace["steps"]:
        lines = list(_TOLD.get(step["name"], _any)(step["facts"]))
        yield f"{step['at']:9.1f} ms  {step['name']:<20} {lines[0]}"
        yield from (f"{'':>12}  {'':<20} {line}" for text in lines[1:] for line in text.splitlines() or [""])


def _any(facts: Facts) -> Iterable[str]:
    return [", ".join(f"{name}: {value}" for name, value in facts.items())]


def _address(facts: Facts) -> Iterable[str]:
    return [facts["why"]]


def _canary(facts: Facts) -> Iterable[str]:
    share = f"{facts['percent']:.12g} % of the requests"
    if facts["serves"]:
        return [f"the canary serves it, deployment {facts['deployment']}: it gets {share}"]
    return [f"deployment {facts['deployment']} serves it: the canary, {facts['canary']}, gets {share}"]


def _route(facts: Facts) -> Iterable[str]:
    if facts["served"]:
        return [f"{facts['method']} of {facts['resource']} serves {facts['verb']} {facts['path']}"]
    return [
        f"no method serves {facts['verb']} {facts['path']}",
        f"nearest: {facts['nearest']}; {facts['why']}",
    ]


def _verdict(facts: Facts) -> Iterable[str]:
    """Of a resource policy or an authorizer."""
    name, kind = facts.get("name"), facts.get("kind")
    who = name if name == kind or kind is None else f"{name} ({kind})"
    verdict = "lets the caller on" if facts["allowed"] else "refuses the caller"
    cached = " (cached)" if facts.get("cached") else ""
    yield f"{who or 'the API'} {verdict}{cached}" + (f": {facts['why']}" if facts["why"] else "")
    yield from _maps(facts, ("identity",))
    yield from (f"{name} {facts[name]}" for name in ("principal", "event", "result") if facts.get(name))
    yield from facts.get("statements", ())


def _method_request(facts: Facts) -> Iterable[str]:
    yield f"{facts['verb']} {facts['path']}"
    yield from _maps(facts, ("pathParameters", "query", "headers"))
    yield from _body(facts)


def _validation(facts: Facts) -> Iterable[str]:
    return [f"passed for {facts['contentType']}"]


def _mapping(facts: Facts) -> Iterable[str]:
    yield "what the request parameters came to"
    yield from _maps(facts, ("path", "query", "headers"))


def _template(facts: Facts) -> Iterable[str]:
    if "passthrough" in facts:
        yield f"{facts['passthrough']}; templates: {', '.join(facts['templates']) or 'none'}"
        return
    if "failed" in facts:
        yield f"{facts['key']} failed: {facts['failed']}"
    else:
        yield f"{facts['key']} rendered {len(facts['output'])} characters"
    for one in facts["missing"]:
        source = one["source"].strip()
        yield f"line {one['line']}, column {one['column']}: {source} found nothing, so it is empty"
    if facts.get("output"):
        yield facts["output"]


def _endpoint_request(facts: Facts) -> Iterable[str]:
    yield f"to {facts['uri']}"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _endpoint_target(facts: Facts) -> Iterable[str]:
    return [f"{facts['target']}, for {facts['loadBalancer']}"]


def _endpoint_response(facts: Facts) -> Iterable[str]:
    yield f"{facts['status']} after {facts['latencyMs']} ms"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _integration_response(facts: Facts) -> Iterable[str]:
    if facts["pattern"] is None:
        return [f"the default response, {facts['status']}: no selection pattern matched {facts['subject']!r}"]
    return [f"response {facts['status']}: its pattern {facts['pattern']} matched {facts['subject']!r}"]


def _override(facts: Facts) -> Iterable[str]:
    yield f"status {facts['status']}" if "status" in facts else "parameters after the template's overrides"
    yield from _maps(facts, ("path", "query", "headers"))


def _method_response(facts: Facts) -> Iterable[str]:
    yield f"the client gets {facts['status']}"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _stream(facts: Facts) -> Iterable[str]:
    size = f"{facts['bytes']} bytes passed as they came"
    return [size if facts["error"] is None else f"cut after {size}: {facts['error']}"]


def _gateway_response(facts: Facts) -> Iterable[str]:
    yield f"{facts['type']}: the client gets {facts['status']}"
    yield f"because: {facts['reason']}" + (f" ({facts['detail']})" if facts["detail"] else "")
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _api_key(facts: Facts) -> Iterable[str]:
    if facts["accepted"]:
        return [f"{facts['key']} is API key {facts['keyId']} of usage plan {facts['plan']}"]
    return [f"{facts['key'] or 'none'} refused: {facts['why']}"]


def _throttle(facts: Facts) -> Iterable[str]:
    *passed, last = facts["limits"]
    if facts["admitted"]:
        return ["admitted", *passed, last]
    return [f"refused: nothing is left of {last}", *passed]


def _cache(facts: Facts) -> Iterable[str]:
    if facts["result"] == "kept":
        return [f"the response is kept for {facts['seconds']} s"]
    if facts["result"] == "not kept":
        return [f"the response is not kept: {facts['why']}"]
    if facts["result"] == "fetched by another":
        return ["another worker fetched the response meanwhile"]
    lines = [f"{facts['result']}: {facts['method']} in namespace {facts['namespace']}"]
    lines += [f"key {name}: {value}" for name, value in facts["key"].items()]
    return (
        [*lines, f"Cache-Control: max-age=0 is {facts['cacheControl']}"] if facts["cacheControl"] else lines
    )


def _maps(facts: Facts, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for key, value in (facts.get(name) or {}).items():
            yield f"{name} {key}: {value}"


def _body(facts: Facts) -> Iterator[str]:
    if facts["body"]:
        yield f"body {facts['body']}"


_TOLD: Mapping[str, Callable[[Facts], Iterable[str]]] = {
    "address": _address,
    "canary": _canary,
    "route": _route,
    "resource policy": _verdict,
    "authorizer": _verdict,
    "api key": _api_key,
    "throttle": _throttle,
    "method request": _method_request,
    "request validation": _validation,
    "cache": _cache,
    "parameter mapping": _mapping,
    "request template": _template,
    "request override": _override,
    "endpoint request": _endpoint_request,
    "endpoint target": _endpoint_target,
    "endpoint response": _endpoint_response,
    "integration response": _integration_response,
    "response template": _template,
    "response override": _override,
    "method response": _method_response,
    "stream": _stream,
    "gateway response": _gateway_response,
}
