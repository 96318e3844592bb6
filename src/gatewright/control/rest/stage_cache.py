"""What a stage answered is kept by the gateway; here it is told to forget it."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_stage

_CLUSTER = ("cacheClusterEnabled", "cacheClusterSize")  # another cluster begins empty


def flush_stage_cache(call: Call, params: Params) -> None:
    require_stage(call, params["restApiId"], params["stageName"])
    forget_responses(call, params["restApiId"], params["stageName"])


def forget_responses(call: Call, api: str, stage: str) -> None:
    if call.services.caches is not None:
        call.services.caches.flush(api, stage)


def replace_cluster(call: Call, api: str, before: Document | None, stage: Document) -> None:
    """A stage whose cluster was made, removed or given another size has nothing cached."""
    if before is not None and any(before.get(member) != stage.get(member) for member in _CLUSTER):
        forget_responses(call, api, stage["stageName"])
