"""A stage's `canarySettings`: made by CreateStage, CreateDeployment or the first patch that names them."""

from __future__ import annotations

import re
from typing import Any

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.patch import is_true
from gatewright.control.rest.stage_rules import check_variable, check_variables


def canary_of(call: Call, api: str, stage_deployment: str, given: Document) -> Document:
    """Canary settings as they are stored: what was not given is defaulted; all of it checked."""
    canary: Document = {
        "deploymentId": given.get("deploymentId") or stage_deployment,
        "percentTraffic": float(given.get("percentTraffic") or 0.0),
        "useStageCache": bool(given.get("useStageCache")),
    }
    check_deployment(call, api, canary["deploymentId"])
    _check_percent(canary["percentTraffic"])
    if given.get("stageVariableOverrides"):
        check_variables(given["stageVariableOverrides"])
        canary["stageVariableOverrides"] = given["stageVariableOverrides"]
    return canary


def check_deployment(call: Call, api: str, deployment: str) -> None:
    if call.tx.get(keys.deployment(api, deployment)) is None:
        raise BadRequest("Deployment id does not exist")


def _check_percent(percent: float) -> None:
    if not 0.0 <= percent <= 100.0:
        raise BadRequest(f"Invalid percentTraffic {percent}, must be between 0.0 and 100.0")


def _percent(value: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,12})?", value):
        raise BadRequest(f"Invalid percentTraffic '{value}', must be a number between 0.0 and 100.0")
    percent = float(value)
    _check_percent(percent)
    return percent


def change(call: Call, api: str, stage: Document, path: list[str], value: str) -> bool:
    """Apply `replace /canarySettings/{path}`, making a canary if need be; False if there is no such path."""
    changed = _changed(call, api, path, value)
    if changed is None:
        return False
    member, new = changed
    canary = stage.setdefault("canarySettings", canary_of(call, api, stage["deploymentId"], {}))
    if member == "stageVariableOverrides":
        canary.setdefault(member, {}).update(new)
    else:
        canary[member] = new
    return True


def _changed(call: Call, api: str, path: list[str], value: str) -> tuple[str, Any] | None:
    match path:
        case ["deploymentId"]:
            check_deployment(call, api, value)
            return "deploymentId", value
        case ["percentTraffic"]:
            return "percentTraffic", _percent(value)
        case ["useStageCache"]:
            return "useStageCache", is_true(value)
        case ["stageVariableOverrides", name]:
            check_variable(name, value)
            return "stageVariableOverrides", {name: value}
    return None
