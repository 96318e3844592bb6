"""What authorizers said of a stage's callers is kept by the gateway; here it is told to forget it."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_stage


def flush_stage_authorizers_cache(call: Call, params: Params) -> None:
    require_stage(call, params["restApiId"], params["stageName"])
    forget_authorizations(call, params["restApiId"], params["stageName"])


def forget_authorizations(call: Call, api: str, stage: str) -> None:
    """Begin a new generation: every worker stops using answers of an older one as soon as it sees it."""
    key = keys.authorizer_flush(api, stage)
    generation = (call.tx.get(key) or {"generation": 0})["generation"]
    call.tx.put(key, {"generation": generation + 1})
