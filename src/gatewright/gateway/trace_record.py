"""A traced exchange as `gatewright explain` keeps it: one JSON record, bounded, secrets masked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gatewright.gateway.address import Address
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import cut_canonical, mask_headers, mask_parameters, mask_uri
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.trace import Step
from gatewright.wire.types import Request

TEXT_CHARACTERS = 4096  # of one body or template output; what is longer is cut
_TEXTS = ("body", "event", "output", "failed", "result")


def record(exchange: Exchange, response: MethodResponse, milliseconds: float) -> dict[str, Any]:
    """`steps` hold what each step decided: (name, milliseconds since the request came, facts)."""
    assert exchange.tracing is not None
    stage = exchange.stage
    received = exchange.request.received
    return {
        "requestId": exchange.request_id.decode(),
        "extendedRequestId": exchange.extended_request_id.decode(),
        "time": received,
        "apiId": stage.api_id,
        "stage": stage.name,
        "deploymentId": stage.deployment_id,
        "isCanaryRequest": stage.is_canary,
        "verb": exchange.verb,
        "path": exchange.path,
        "status": response.status,
        "milliseconds": round(milliseconds, 3),
        "steps": [
            {"name": step.name, "at": round((step.at - received) * 1000, 3), "facts": _shown(step)}
            for step in exchange.tracing.steps
        ],
    }


def refusal_record(
    request: Request, address: Address, request_id: str, stages: Collection[str]
) -> dict[str, Any]:
    """A request to an API that met no stage."""
    if address.stage in stages:
        why = "the API's execute-api endpoint is disabled"
    else:
        why = f"there is no stage {address.stage!r}; the API's stages: {', '.join(stages) or 'none'}"
    where = {"apiId": address.api_id, "stage": address.stage, "path": address.path}
    return _refused(request, request_id, where, why)


def unknown_api_record(request: Request, address: Address | None, request_id: str) -> dict[str, Any]:
    """A request that met no API. `address` None: neither its host nor its path names one."""
    host = (request.headers.get(b"host") or b"").decode("latin-1")
    if address is None:
        why = f"neither the host {host!r} nor the path names an API"
    else:
        why = f"there is no API {address.api_id!r}"
    return _refused(request, request_id, {"path": host + request.path}, why)


def _refused(request: Request, request_id: str, where: dict[str, str], why: str) -> dict[str, Any]:
    return {
        "requestId": request_id,
        "time": request.received,
        "verb": request.method,
        **where,
        "status": 403,
        "steps": [{"name": "address", "at": 0, "facts": {"why": why}}],
    }


def _shown(step: Step) -> dict[str, Any]:
    facts = dict(step.facts)
    if step.name == "gateway response":
        facts["body"] = cut_canonical(facts["body"])
    for name in _TEXTS:
        text = facts.get(name)
        if isinstance(text, str) and len(text) > TEXT_CHARACTERS:
            facts[name] = f"{text[:TEXT_CHARACTERS]} [{len(text)} characters in all]"
    if "headers" in facts:
        facts["headers"] = mask_headers(facts["headers"])
    if "query" in facts:
        facts["query"] = mask_parameters(facts["query"])
    if "uri" in facts:
        facts["uri"] = mask_uri(facts["uri"])
    return facts
