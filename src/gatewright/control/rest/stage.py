"""Stage: a name under which a deployment is served, with its variables and settings."""

from __future__ import annotations

from gatewright.aws.errors import Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.canaries.wish import wish_of
from gatewright.control.operation import Call, Params
from gatewright.control.rest import stage_patch
from gatewright.control.rest.authorizer_cache import forget_authorizations
from gatewright.control.rest.canary import canary_of
from gatewright.control.rest.common import check_tags, epoch, require_api, require_stage
from gatewright.control.rest.refusals import refuse_unenforced
from gatewright.control.rest.stage_cache import (
    forget_responses,
    refuse_cached_streams,
    replace_cluster,
)
from gatewright.control.rest.stage_rules import (
    check_deployment_id,
    check_documentation_version,
    check_name,
    new_stage,
)
from gatewright.control.rest.usage_plan_stages import detach_stage

_WHEN_NOT_EMPTY = ("tags", "variables")


def create_stage(call: Call, params: Params) -> Document:
    api, name = params["restApiId"], params["stageName"]
    require_api(call, api)
    check_name(name)
    if call.tx.get(keys.stage(api, name)) is not None:
        raise Conflict("Stage already exists")
    check_deployment_id(call, api, params["deploymentId"])
    stage = new_stage(call, name, params["deploymentId"], params)
    if params.get("documentationVersion"):
        check_documentation_version(call, api, params["documentationVersion"])
        stage["documentationVersion"] = params["documentationVersion"]
    if params.get("canarySettings"):
        stage["canarySettings"] = canary_of(call, api, stage["deploymentId"], params["canarySettings"])
    if params.get("tags"):
        check_tags(params["tags"])
        stage["tags"] = {key: value or "" for key, value in params["tags"].items()}
        wish_of(stage["tags"])
    store_stage(call, api, stage)
    return stage


def get_stage(call: Call, params: Params) -> Document:
    return present(require_stage(call, params["restApiId"], params["stageName"]))


def get_stages(call: Call, params: Params) -> Document:
    """All stages; `deploymentId` keeps those that serve that deployment. Stages are never paged."""
    api = params["restApiId"]
    require_api(call, api)
    wanted = params.get("deploymentId")
    stages = [stage for _, stage in call.tx.list(keys.below("stage", api))]
    return {"item": [present(stage) for stage in stages if wanted in (None, "", stage["deploymentId"])]}


def update_stage(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    stage = require_stage(call, api, params["stageName"])
    patched = stage_patch.Patched(call, api, stage)
    stage_patch.apply(patched, params.get("patchOperations") or [])
    stage["lastUpdatedDate"] = epoch(call)
    store_stage(call, api, stage)
    return present(stage)


def delete_stage(call: Call, params: Params) -> None:
    """The stage leaves its usage plans; a stage made anew under its name begins without what was cached."""
    api, name = params["restApiId"], params["stageName"]
    stage = require_stage(call, api, name)
    detach_stage(call, api, name)
    forget_authorizations(call, api, name)
    if stage.get("cacheClusterEnabled"):  # else nothing is kept, and no store need be there
        forget_responses(call, api, name)
    call.tx.delete_below(keys.below("canaryverdict", api, name))
    call.tx.delete(keys.stage(api, name))


def store_stage(call: Call, api: str, stage: Document) -> None:
    """Keep a stage, unless it holds a setting that would not be enforced.

    That is also when all stages begin to heed the API's `disableExecuteApiEndpoint`.
    """
    refuse_unenforced(stage)
    refuse_cached_streams(call, api, stage)
    key = keys.stage(api, stage["stageName"])
    replace_cluster(call, api, call.tx.get(key), stage)
    call.tx.put(key, stage)
    endpoint = {"disabled": require_api(call, api).get("disableExecuteApiEndpoint", False)}
    if call.tx.get(keys.default_endpoint(api)) != endpoint:
        call.tx.put(keys.default_endpoint(api), endpoint)


def present(stage: Document) -> Document:
    return {member: value for member, value in stage.items() if value or member not in _WHEN_NOT_EMPTY}
