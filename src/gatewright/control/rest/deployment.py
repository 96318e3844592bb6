"""Deployment: an immutable snapshot of an API, which stages serve."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.rest import snapshot
from gatewright.control.rest.canary import canary_of
from gatewright.control.rest.common import epoch, page_below, require_api
from gatewright.control.rest.stage import store_stage
from gatewright.control.rest.stage_rules import apply_settings, check_name, new_stage

DEPLOYMENT_ID_LENGTH = 6


def create_deployment(call: Call, params: Params) -> Document:
    """Freeze the API; with `stageName`, serve it there: a new stage is made, one that exists moves, or its
    canary does."""
    api = params["restApiId"]
    rest_api = require_api(call, api)
    stage = _named_stage(call, params)
    frozen = snapshot.freeze(call, rest_api)
    deployment: Document = {
        "id": call.services.new_id(DEPLOYMENT_ID_LENGTH),
        "createdDate": epoch(call),
    }
    if params.get("description"):
        deployment["description"] = params["description"]
    call.tx.put(keys.deployment(api, deployment["id"]), deployment)
    call.tx.put(keys.snapshot(api, deployment["id"]), frozen)
    if params.get("stageName"):
        _serve(call, params, stage, deployment["id"])
    return deployment


def get_deployment(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    deployment = find_deployment(call, api, params["deploymentId"])
    if "apisummary" in (params.get("embed") or []):
        frozen = call.tx.get(keys.snapshot(api, deployment["id"]))
        assert frozen is not None  # written and deleted together with the deployment
        deployment["apiSummary"] = snapshot.summary(frozen)
    return deployment


def get_deployments(call: Call, params: Params) -> Document:
    require_api(call, params["restApiId"])
    return page_below(call, keys.below("deployment", params["restApiId"]), params)


def update_deployment(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    deployment = find_deployment(call, api, params["deploymentId"])
    patch.replace(deployment, params, {"/description": patch.text("description")})
    call.tx.put(keys.deployment(api, deployment["id"]), deployment)
    return deployment


def delete_deployment(call: Call, params: Params) -> None:
    api, deployment = params["restApiId"], params["deploymentId"]
    find_deployment(call, api, deployment)
    if any(deployment in _served_by(stage) for _, stage in call.tx.list(keys.below("stage", api))):
        raise BadRequest("Active stages pointing to this deployment must be moved or deleted")
    call.tx.delete(keys.deployment(api, deployment))
    call.tx.delete(keys.snapshot(api, deployment))


def find_deployment(call: Call, api: str, deployment: str) -> Document:
    document = call.tx.get(keys.deployment(api, deployment))
    if document is None:
        raise NotFound("Invalid Deployment identifier specified")
    return document


def _served_by(stage: Document) -> tuple[str | None, ...]:
    return stage["deploymentId"], stage.get("canarySettings", {}).get("deploymentId")


def _named_stage(call: Call, params: Params) -> Document | None:
    """The stage the deployment is for, if it is there already; a canary needs one."""
    name = params.get("stageName")
    stage = call.tx.get(keys.stage(params["restApiId"], name)) if name else None
    if params.get("canarySettings") is not None:
        _check_canary_stage(name, stage)
    if name and stage is None:
        check_name(name)
    return stage


def _check_canary_stage(name: str | None, stage: Document | None) -> None:
    if not name:
        raise BadRequest(
            "Invalid deployment content specified.Non null and non empty stageName must be provided for "
            f"canary deployment. Provided value is {'null' if name is None else name}"
        )
    if stage is None:
        raise BadRequest(
            f"Invalid deployment content specified.Stage {name} must already be created before making a "
            "canary release deployment"
        )


def _serve(call: Call, params: Params, stage: Document | None, deployment: str) -> None:
    settings = {**params, "description": params.get("stageDescription")}
    api = params["restApiId"]
    if stage is None:
        stage = new_stage(call, params["stageName"], deployment, settings)
    else:
        apply_settings(stage, settings)
        stage["lastUpdatedDate"] = epoch(call)
        _move(call, api, stage, deployment, params.get("canarySettings"))
    store_stage(call, api, stage)


def _move(call: Call, api: str, stage: Document, deployment: str, canary: Document | None) -> None:
    """A stage with a canary stays where it is: what is new is tried first, until the canary is removed."""
    if canary is not None:
        stage["canarySettings"] = canary_of(call, api, deployment, canary)
    elif "canarySettings" in stage:
        stage["canarySettings"]["deploymentId"] = deployment
    else:
        stage["deploymentId"] = deployment
