"""AWS::ApiGateway::Deployment and AWS::ApiGateway::Stage.

A deployment is made when anything in the API's draft differs from what the last one froze, which a tag tells;
CloudFormation itself makes one only when the resource is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.patches import Patch, escaped, remove, replace, replaced
from gatewright.projects.cloudformation.properties import Declared, Params, converted, members
from gatewright.projects.cloudformation.resources.kinds import DEPLOYMENTS, STAGES, Kind
from gatewright.projects.cloudformation.resources.sweeping import sweep_draft
from gatewright.projects.cloudformation.stack import OWN_TAGS, Draft, Physical, Stack

DEPLOYED = f"{OWN_TAGS}deployment-"  # and a logical id: the tag that holds a deployment's id and fingerprint

_OF_STAGE = "Stage"  # the shape that has all of a stage's members
_RENAMED = {"AccessLogSetting": "accessLogSettings", "CanarySetting": "canarySettings"}
_SETTING_PATHS = {
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
    "cachingEnabled": "caching/enabled",
    "cacheTtlInSeconds": "caching/ttlInSeconds",
    "cacheDataEncrypted": "caching/dataEncrypted",
    "requireAuthorizationForCacheControl": "caching/requireAuthorizationForCacheControl",
    "unauthorizedCacheControlHeaderStrategy": "caching/unauthorizedCacheControlHeaderStrategy",
}
_DEPLOYMENT_STAGE = (
    "AccessLogSetting",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "Description",
    "Tags",
    "TracingEnabled",
    "Variables",
)
_CACHING = ("CachingEnabled", "CacheTtlInSeconds", "CacheDataEncrypted")  # of a deployment's stage: of */*
_NEVER_OF_STAGE = ("CacheClusterStatus", "CreatedDate", "LastUpdatedDate", "WebAclArn")
_SWITCHES = {"cacheClusterEnabled": False, "tracingEnabled": False}


# ---- deployments ------------------------------------------------------------------------------------------


def _prepare_deployment(declared: Declared) -> Params:
    declared.required("RestApiId")
    declared.only("RestApiId", "Description", "StageName", "StageDescription")
    params = members(
        declared, "apigateway", "CreateDeploymentRequest", beside=("StageName", "StageDescription")
    )
    stage = None
    if "StageName" in declared.properties:
        settings = declared.properties.get("StageDescription", {})
        stage = _stage_params(_as_stage(declared, settings), within=("StageDescription",))
    elif "StageDescription" in declared.properties:
        declared.refuse("needs a StageName", "StageDescription")
    return {"deployment": params, "stage": stage}


def _as_stage(declared: Declared, settings: Any) -> Declared:
    if not isinstance(settings, dict):
        declared.refuse("must be a map", "StageDescription")
    for name in settings:
        if name not in (*_DEPLOYMENT_STAGE, *_CACHING, "MethodSettings"):
            declared.refuse("is not supported", "StageDescription", name)
    everywhere = {name: settings[name] for name in _CACHING if name in settings}
    whole = {name: declared.properties[name] for name in ("RestApiId", "StageName")}
    stage = {name: value for name, value in settings.items() if name not in everywhere}
    if everywhere:
        stage["MethodSettings"] = [everywhere, *settings.get("MethodSettings", [])]
    return Declared(declared.logical_id, declared.type, {**stage, **whole, "DeploymentId": ""})


def _apply_deployment(stack: Stack, declared: Declared, params: Params) -> Physical:
    api_id = params["deployment"]["restApiId"]
    sweep_draft(stack, api_id)
    deployment = _deployment(stack, declared, params["deployment"])
    stack.wanted["deployment"].add(deployment)
    stack.wanted["deployment tag"].add(f"{DEPLOYED}{declared.logical_id}")
    if params["stage"] is not None:
        _put_stage(stack, declared, {**params["stage"], "deploymentId": deployment})
    return Physical(deployment, {"DeploymentId": deployment})


def _deployment(stack: Stack, declared: Declared, params: Params) -> str:
    """The id of a deployment of the draft as it is: the last one, if that froze the same."""
    api_id, draft, tag = (
        params["restApiId"],
        stack.draft(params["restApiId"]),
        f"{DEPLOYED}{declared.logical_id}",
    )
    print_of_both = _fingerprint(draft, params)
    last, _, printed = draft.tags.get(tag, "").partition(":")
    if draft.owned and printed == print_of_both and _exists(stack, api_id, last):
        return last
    try:
        deployment: str = stack.apigateway.create_deployment(**params)["id"]
    except stack.apigateway.exceptions.BadRequestException as error:
        raise _at_method(draft, str(error.response["Error"]["Message"])) or error from None
    if draft.owned:
        draft.tags[tag] = f"{deployment}:{print_of_both}"
        stack.apigateway.tag_resource(
            resourceArn=stack.arn(f"/restapis/{api_id}"), tags={tag: draft.tags[tag]}
        )
    return deployment


def _at_method(draft: Draft, refusal: str) -> TemplateFault | None:
    """The refusal of a deployment, at the method that it is for."""
    for method, logical_id in draft.methods.items():
        if f" {method}: " in refusal:
            return TemplateFault(
                f"{logical_id} (AWS::ApiGateway::Method): {refusal}", ("Resources", logical_id)
            )
    return None


def _fingerprint(draft: Draft, params: Params) -> str:
    whole = [draft.fingerprint(), params.get("description", "")]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def _exists(stack: Stack, api_id: str, deployment: str) -> bool:
    return any(each["id"] == deployment for each in stack.every("get_deployments", restApiId=api_id))


# ---- stages -----------------------------------------------------------------------------------------------


def _prepare_stage(declared: Declared) -> Params:
    declared.required("RestApiId", "StageName", "DeploymentId")
    return _stage_params(declared)


def _stage_params(declared: Declared, within: tuple[str, ...] = ()) -> Params:
    for name in _NEVER_OF_STAGE:
        if name in declared.properties:
            declared.refuse("is not supported", *within, name)
    params = members(
        declared,
        "apigateway",
        _OF_STAGE,
        renamed=_RENAMED,
        beside=("RestApiId", "MethodSettings", "StageName"),
    )
    return {
        **params,
        "restApiId": declared.properties["RestApiId"],
        "stageName": str(declared.properties["StageName"]),
        "methodSettings": _method_settings(declared, within),
    }


def _method_settings(declared: Declared, within: tuple[str, ...]) -> dict[str, Params]:
    """By the key that patch paths have for them, as `*/*` or `~1pets/GET`."""
    given = declared.properties.get("MethodSettings", [])
    if not isinstance(given, list):
        declared.refuse("must be a list", *within, "MethodSettings")
    settings: dict[str, Params] = {}
    for index, entry in enumerate(given):
        place: tuple[str | int, ...] = (*within, "MethodSettings", index)
        if not isinstance(entry, dict):
            declared.refuse("must be a map", *place)
        path, verb = str(entry.get("ResourcePath", "/*")), str(entry.get("HttpMethod", "*"))
        rest = {name: value for name, value in entry.items() if name not in ("ResourcePath", "HttpMethod")}
        for name in rest:
            if f"{name[0].lower()}{name[1:]}" not in _SETTING_PATHS:
                declared.refuse("is not supported", *place, name)
        key = f"{_path_key(path)}/{verb}"
        settings[key] = settings.get(key, {}) | converted(
            rest, "apigateway", "MethodSetting", declared, *place
        )
    return settings


def _path_key(path: str) -> str:
    """CloudFormation documents a path as `/~1pets`; plain ones are written too."""
    if path in ("/*", "*"):
        return "*"
    return path[1:] if path.startswith("/~1") else escaped(path)


def _apply_stage(stack: Stack, declared: Declared, params: Params) -> Physical:
    _put_stage(stack, declared, params)
    return Physical(params["stageName"])


def _put_stage(stack: Stack, declared: Declared, params: Params) -> None:
    """A stage that is there moves in one step with all its settings; a new one is not left without them."""
    client = stack.apigateway
    where = {"restApiId": params["restApiId"], "stageName": params["stageName"]}
    tags = stack.tags(declared.logical_id, params.get("tags", {}))
    path = f"/restapis/{where['restApiId']}/stages/{where['stageName']}"
    if path in stack.wanted["stage"]:
        declared.refuse(f"another resource makes the stage {where['stageName']}", "StageName")
    try:
        now = client.get_stage(**where)
    except client.exceptions.NotFoundException:
        now = None
    if now is not None:
        new = client.update_stage(**where, patchOperations=_stage_patches(now, params))
        back = _stage_patches(new, {"methodSettings": {}, **now})
        stack.on_failure(lambda: client.update_stage(**where, patchOperations=back))
        stack.retag(path, now.get("tags") or {}, tags)
    else:
        new = client.create_stage(**where, deploymentId=params["deploymentId"], tags=tags)
        try:
            client.update_stage(**where, patchOperations=_stage_patches(new, params))
        except client.exceptions.ClientError:
            client.delete_stage(**where)
            raise
        stack.on_failure(lambda: client.delete_stage(**where))
    stack.wanted["stage"].add(path)


def _stage_patches(now: Params, wanted: Params) -> list[Patch]:
    return [
        replace("/deploymentId", wanted["deploymentId"]),
        *replaced(now, wanted, ("description", "clientCertificateId", "documentationVersion")),
        *replaced({**_SWITCHES, **now}, {**_SWITCHES, **wanted}, _SWITCHES),
        *([replace("/cacheClusterSize", wanted["cacheClusterSize"])] if "cacheClusterSize" in wanted else []),
        *_entries("variables", now.get("variables") or {}, wanted.get("variables") or {}),
        *_block("accessLogSettings", now, wanted),
        *_block("canarySettings", now, wanted),
        *_setting_patches(now.get("methodSettings") or {}, wanted["methodSettings"]),
    ]


def _entries(name: str, now: Params, wanted: Params) -> Iterator[Patch]:
    yield from (remove(f"/{name}/{key}") for key in now if key not in wanted)
    yield from (replace(f"/{name}/{key}", value) for key, value in wanted.items() if now.get(key) != value)


def _block(name: str, now: Params, wanted: Params) -> Iterator[Patch]:
    """It is made anew, so that what is no more wanted of it goes."""
    if name in now:
        yield remove(f"/{name}")
    for member, value in wanted.get(name, {}).items():
        inner = value.items() if isinstance(value, dict) else ((None, value),)
        for key, each in inner:
            yield replace(f"/{name}/{member}" + (f"/{key}" if key else ""), each)


def _setting_patches(now: dict[str, Params], wanted: dict[str, Params]) -> Iterator[Patch]:
    """`*/*` comes first: the entries of methods begin with what it holds."""
    yield from (remove(f"/{key}") for key in now)
    for key in sorted(wanted, key=lambda key: key != "*/*"):
        for member, value in wanted[key].items():
            yield replace(f"/{key}/{_SETTING_PATHS[member]}", value)


DEPLOYMENT = Kind(_prepare_deployment, _apply_deployment, frozenset({"DeploymentId"}), DEPLOYMENTS)
STAGE = Kind(_prepare_stage, _apply_stage, phase=STAGES)
