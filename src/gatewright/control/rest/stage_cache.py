"""What a stage answered is kept by the gateway; here it is told to forget it, and what cannot be kept is
refused."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_stage
from gatewright.gateway.compiler import check_caching
from gatewright.gateway.errors import CannotCompile

_CLUSTER = ("cacheClusterEnabled", "cacheClusterSize")  # another cluster begins empty


def flush_stage_cache(call: Call, params: Params) -> None:
    require_stage(call, params["restApiId"], params["stageName"])
    forget_responses(call, params["restApiId"], params["stageName"])


def forget_responses(call: Call, api: str, stage: str) -> None:
    if call.services.caches is not None:
        call.services.caches.flush(api, stage)


def refuse_cached_streams(call: Call, api: str, stage: Document) -> None:
    """Raises BadRequest where the stage, or its canary, would cache a method whose responses are streamed."""
    entries = stage["methodSettings"].values()
    if not stage.get("cacheClusterEnabled") or not any(entry.get("cachingEnabled") for entry in entries):
        return
    for deployment in {stage["deploymentId"], stage.get("canarySettings", {}).get("deploymentId")}:
        frozen = call.tx.get(keys.snapshot(api, deployment)) if deployment else None
        try:
            if frozen is not None:
                check_caching(frozen, stage, call.services.gateway_settings)
        except CannotCompile as error:
            raise BadRequest(f"Gatewright cannot serve this stage: {error}") from None


def replace_cluster(call: Call, api: str, before: Document | None, stage: Document) -> None:
    """A stage whose cluster was made, removed or given another size has nothing cached.

    So has a new stage: while one of its name was deleted, requests were still answered, and cached.
    """
    was = before or {}
    there_is_one = was.get("cacheClusterEnabled") or stage.get("cacheClusterEnabled")
    if there_is_one and any(was.get(member) != stage.get(member) for member in _CLUSTER):
        forget_responses(call, api, stage["stageName"])
