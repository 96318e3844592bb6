"""AWS::Lambda::Version, Alias and Permission."""

from __future__ import annotations

import hashlib
import json

from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import FUNCTIONS, Kind
from gatewright.projects.cloudformation.resources.sweeping import statement_ids
from gatewright.projects.cloudformation.stack import Physical, Stack

_PERMISSION = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)
_LONGEST_STATEMENT = 91  # of Lambda's hundred characters, before a hyphen and the fingerprint


def _prepare_version(declared: Declared) -> Params:
    declared.required("FunctionName")
    return members(declared, "lambda", "PublishVersionRequest")


def _apply_version(stack: Stack, declared: Declared, params: Params) -> Physical:
    """Lambda makes no new version of a function that has not changed since the last."""
    version = stack.functions.publish_version(**params)
    arn, number = version["FunctionArn"], version["Version"]
    return Physical(arn, {"Version": number, "FunctionArn": arn})


def _prepare_alias(declared: Declared) -> Params:
    declared.required("FunctionName", "FunctionVersion", "Name")
    params = members(declared, "lambda", "CreateAliasRequest", beside=("RoutingConfig",))
    if "RoutingConfig" in declared.properties:
        params["RoutingConfig"] = {"AdditionalVersionWeights": _weights(declared)}
    return params


def _weights(declared: Declared) -> dict[str, float]:
    config = declared.properties["RoutingConfig"]
    given = config.get("AdditionalVersionWeights", []) if isinstance(config, dict) else None
    try:
        return {str(each["FunctionVersion"]): float(each["FunctionWeight"]) for each in given or []}
    except (TypeError, KeyError, ValueError):
        declared.refuse(
            "takes AdditionalVersionWeights, a list of maps with FunctionVersion and FunctionWeight",
            "RoutingConfig",
        )


def _apply_alias(stack: Stack, declared: Declared, params: Params) -> Physical:
    where = {"FunctionName": params["FunctionName"], "Name": params["Name"]}
    wanted = {"Description": "", "RoutingConfig": {}, **params}
    try:
        now = stack.functions.get_alias(**where)
    except stack.functions.exceptions.ResourceNotFoundException:
        now = stack.functions.create_alias(**params)
    if any(now.get(key, wanted[key]) != wanted[key] for key in ("Description", "FunctionVersion")) or (
        now.get("RoutingConfig", {}) != wanted["RoutingConfig"]
    ):
        stack.functions.update_alias(**wanted)
    arn = now["AliasArn"]
    return Physical(arn, {"AliasArn": arn})


def _prepare_permission(declared: Declared) -> Params:
    declared.required("Action", "FunctionName", "Principal")
    declared.only(*_PERMISSION)
    return members(declared, "lambda", "AddPermissionRequest")


def _apply_permission(stack: Stack, declared: Declared, params: Params) -> Physical:
    """The statement's name tells its content, so that one that changed is added before the old one goes."""
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:8]
    sid = f"{declared.logical_id[:_LONGEST_STATEMENT]}-{digest}"
    if sid not in statement_ids(stack, {"FunctionName": params["FunctionName"]}):
        stack.functions.add_permission(**params, StatementId=sid)
    stack.wanted["statement"].add(sid)
    return Physical(sid, {"Id": sid})


VERSION = Kind(_prepare_version, _apply_version, frozenset({"Version", "FunctionArn"}), FUNCTIONS)
ALIAS = Kind(_prepare_alias, _apply_alias, frozenset({"AliasArn"}), FUNCTIONS)
PERMISSION = Kind(_prepare_permission, _apply_permission, frozenset({"Id"}), FUNCTIONS)
