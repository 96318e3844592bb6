"""AWS::ApiGateway::ApiKey, UsagePlan and UsagePlanKey: keys and plans are found again by their tags."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gatewright.projects.cloudformation.patches import Patch, add, escaped, remove, replace, replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import CLIENTS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack

_KEY_TEXTS = ("name", "description", "customerId", "enabled")


# ---- API keys ---------------------------------------------------------------------------------------------


def _prepare_key(declared: Declared) -> Params:
    params = members(declared, "apigateway", "CreateApiKeyRequest")
    return {"name": declared.logical_id, "enabled": False, **params}


def _apply_key(stack: Stack, declared: Declared, params: Params) -> Physical:
    client = stack.apigateway
    wanted = {**params, "tags": stack.tags(declared.logical_id, params.get("tags", {}))}
    now = stack.find("get_api_keys", declared.logical_id)
    if now is not None and "value" in wanted:
        kept = client.get_api_key(apiKey=now["id"], includeValue=True)["value"]
        if kept != wanted["value"]:  # a value never changes: the key is another one
            client.delete_api_key(apiKey=now["id"])
            now = None
    if now is None:
        now = client.create_api_key(**wanted)
    else:
        if patches := list(_key_patches(now, wanted)):
            client.update_api_key(apiKey=now["id"], patchOperations=patches)
        stack.retag(f"/apikeys/{now['id']}", now["tags"], wanted["tags"])
    key_id: str = now["id"]
    stack.wanted["key"].add(key_id)
    return Physical(key_id, {"APIKeyId": key_id})


def _key_patches(now: Params, wanted: Params) -> Iterator[Patch]:
    yield from replaced(now, wanted, _KEY_TEXTS)
    stages = [f"{stage['restApiId']}/{stage['stageName']}" for stage in wanted.get("stageKeys", [])]
    yield from (remove("/stages", stage) for stage in now["stageKeys"] if stage not in stages)
    yield from (add("/stages", stage) for stage in stages if stage not in now["stageKeys"])


# ---- usage plans ------------------------------------------------------------------------------------------


def _prepare_plan(declared: Declared) -> Params:
    params = members(declared, "apigateway", "CreateUsagePlanRequest", renamed={"UsagePlanName": "name"})
    return {"name": declared.logical_id, **params}


def _apply_plan(stack: Stack, declared: Declared, params: Params) -> Physical:
    wanted = {**params, "tags": stack.tags(declared.logical_id, params.get("tags", {}))}
    now = stack.find("get_usage_plans", declared.logical_id)
    if now is None:
        now = stack.apigateway.create_usage_plan(**wanted)
    else:
        if patches := list(_plan_patches(now, wanted)):
            stack.apigateway.update_usage_plan(usagePlanId=now["id"], patchOperations=patches)
        stack.retag(f"/usageplans/{now['id']}", now["tags"], wanted["tags"])
    plan_id: str = now["id"]
    stack.wanted["plan"].add(plan_id)
    return Physical(plan_id, {"Id": plan_id})


def _plan_patches(now: Params, wanted: Params) -> Iterator[Patch]:
    """All in one change, so that no request meets a plan without its limits."""
    yield from replaced(now, wanted, ("name", "description"))
    for block in ("throttle", "quota"):
        if block in now and block not in wanted:
            yield remove(f"/{block}")
        for member, value in wanted.get(block, {}).items():
            if now.get(block, {}).get(member) != value:
                yield replace(f"/{block}/{member}", value)
    had = {f"{stage['apiId']}:{stage['stage']}": stage for stage in now["apiStages"]}
    stages = {f"{stage['apiId']}:{stage['stage']}": stage for stage in wanted.get("apiStages", [])}
    yield from (remove("/apiStages", name) for name in had if name not in stages)
    for name, stage in stages.items():
        if name not in had:
            yield add("/apiStages", name)
        throttle = stage.get("throttle", {})
        if had.get(name, {}).get("throttle", {}) != throttle:
            yield replace(f"/apiStages/{escaped(name)}/throttle", json.dumps(throttle))


# ---- keys in plans ----------------------------------------------------------------------------------------


def _prepare_plan_key(declared: Declared) -> Params:
    declared.required("KeyId", "KeyType", "UsagePlanId")
    return members(declared, "apigateway", "CreateUsagePlanKeyRequest")


def _apply_plan_key(stack: Stack, declared: Declared, params: Params) -> Physical:
    plan, key = params["usagePlanId"], params["keyId"]
    if not any(each["id"] == key for each in stack.every("get_usage_plan_keys", usagePlanId=plan)):
        stack.apigateway.create_usage_plan_key(**params)
    stack.wanted["plan key"].add(f"{plan}/{key}")
    return Physical(f"{key}:{plan}", {"Id": f"{key}:{plan}"})


API_KEY = Kind(_prepare_key, _apply_key, frozenset({"APIKeyId"}), CLIENTS)
USAGE_PLAN = Kind(_prepare_plan, _apply_plan, frozenset({"Id"}), CLIENTS)
USAGE_PLAN_KEY = Kind(_prepare_plan_key, _apply_plan_key, frozenset({"Id"}), CLIENTS)
