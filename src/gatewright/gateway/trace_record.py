"""A traced exchange as `gatewright explain` keeps it: one JSON record, bounded, secrets masked."""

from __future__ import annotations

from time import time
from typing import Any

from gatewright.gateway.address import Address
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import cut_canonical, mask_headers, mask_parameters, mask_uri
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.trace import Step

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


def refusal_record(address: Address, request_id: str, stages: list[str]) -> dict[str, Any]:
    """A request to an API that met no stage."""
    if address.stage in stages:
        why = "the API's execute-api endpoint is disabled"
    else:
        why = f"there is no stage {address.stage!r}; the API's stages: {', '.join(stages) or 'none'}"
    return {
        "requestId": request_id,
        "time": time(),
        "apiId": address.api_id,
        "stage": address.stage,
        "path": address.path,
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
