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
    return f"{moment}  {trace['status']}  {asked}{took}  stage {trace['stage']}  {trace['requestId']}"


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


def _route(facts: Facts) -> Iterable[str]:
    if facts["served"]:
        return [f"{facts['method']} of {facts['resource']} serves {facts['verb']} {facts['path']}"]
    return [
        f"no method serves {facts['verb']} {facts['path']}",
        f"nearest: {facts['nearest']}; {facts['why']}",
    ]


def _authorizer(facts: Facts) -> Iterable[str]:
    verdict = "lets it through" if facts["allowed"] else "refuses it"
    yield f"{facts['kind']} {facts['name']} {verdict}" + (", as it did before" if facts["cached"] else "")
    yield f"because: {facts['why']}"


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
        yield f"line {one['line']}, column {one['column']}: {one['source']} found nothing, so it is empty"
    if facts.get("output"):
        yield facts["output"]


def _endpoint_request(facts: Facts) -> Iterable[str]:
    yield f"to {facts['uri']}"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _endpoint_response(facts: Facts) -> Iterable[str]:
    yield f"{facts['status']} after {facts['latencyMs']} ms"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _integration_response(facts: Facts) -> Iterable[str]:
    if facts["pattern"] is None:
        return [f"the default response, {facts['status']}: no selection pattern matched {facts['subject']!r}"]
    return [f"response {facts['status']}: its pattern {facts['pattern']!r} matched {facts['subject']!r}"]


def _override(facts: Facts) -> Iterable[str]:
    yield f"status {facts['status']}" if "status" in facts else "parameters after the template's overrides"
    yield from _maps(facts, ("path", "query", "headers"))


def _method_response(facts: Facts) -> Iterable[str]:
    yield f"the client gets {facts['status']}"
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _gateway_response(facts: Facts) -> Iterable[str]:
    yield f"{facts['type']}: the client gets {facts['status']}"
    yield f"because: {facts['reason']}" + (f" ({facts['detail']})" if facts["detail"] else "")
    yield from _maps(facts, ("headers",))
    yield from _body(facts)


def _maps(facts: Facts, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for key, value in (facts.get(name) or {}).items():
            yield f"{name} {key}: {value}"


def _body(facts: Facts) -> Iterator[str]:
    if facts["body"]:
        yield f"body {facts['body']}"


_TOLD: Mapping[str, Callable[[Facts], Iterable[str]]] = {
    "address": _address,
    "route": _route,
    "authorizer": _authorizer,
    "method request": _method_request,
    "request validation": _validation,
    "parameter mapping": _mapping,
    "request template": _template,
    "request override": _override,
    "endpoint request": _endpoint_request,
    "endpoint response": _endpoint_response,
    "integration response": _integration_response,
    "response template": _template,
    "response override": _override,
    "method response": _method_response,
    "gateway response": _gateway_response,
}
