"""What authorizers said of a stage's callers is kept by the gateway; here it is told to forget it."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_stage


def flush_stage_authorizers_cache(call: Call, params: Params) -> None:
    require_stage(call, params["restApiId"], params["stageName"])
    forget_authorizations(call, params["restApiId"], params["stageName"])


def forget_authorizations(call: Call, api: str, stage: str) -> None:
    """Empty the store, so that no worker finds anything there from now on, and begin a new generation.

    The generation reaches workers behind all changes before it: what a worker keeps until then, which it may
    have asked of a function that was changed, is of the older one. It also reaches nodes that have a store of
    their own, and all nodes where the store is away.
    """
    if call.services.caches is not None:
        call.services.caches.flush_policies(api, stage)
    key = keys.authorizer_flush(api, stage)
    generation = (call.tx.get(key) or {"generation": 0})["generation"]
    call.tx.put(key, {"generation": generation + 1})
