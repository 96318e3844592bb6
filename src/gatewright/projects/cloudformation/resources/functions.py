"""AWS::Lambda::Function: found again by its name, changed only where it differs."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.code import as_zip, code_of
from gatewright.projects.cloudformation.resources.kinds import FUNCTIONS, Kind
from gatewright.projects.cloudformation.stack import TEMPLATE, Physical, Stack

LONGEST_NAME = 64

_CREATED_ONLY = ("FunctionName", "Code", "Tags", "PackageType", "Architectures", "Publish")
_NOT_HERE = (
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "DeadLetterConfig",
    "DurableConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "KMSKeyArn",
    "Layers",
    "Publish",
    "PublishTo",
    "TenancyConfig",
    "VpcConfig",
)
_DEFAULTS: Params = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "Environment": {"Variables": {}},
    "PackageType": "Zip",
}


def _prepare(declared: Declared) -> Params:
    declared.required("Code", "Role")
    params = members(declared, "lambda", "CreateFunctionRequest", beside=("Code",))
    for name in _NOT_HERE:
        if params.get(name):
            declared.refuse("is not supported, nothing here would enforce it; leave it out", name)
    return {**params, "Code": code_of(declared)}


def _apply(stack: Stack, declared: Declared, params: Params) -> Physical:
    name = params.get("FunctionName") or stack.name_for(declared.logical_id, LONGEST_NAME)
    tags = stack.tags(declared.logical_id, params.get("Tags", {}))
    code = params["Code"] if stack.hot_reload else as_zip(declared, params["Code"])
    wanted = {**params, "FunctionName": name, "Code": code, "Tags": tags}
    if name in stack.wanted["function"]:
        declared.refuse(f"another resource is the function {name}", "FunctionName")
    try:
        now = stack.functions.get_function(FunctionName=name)
    except stack.functions.exceptions.ResourceNotFoundException:
        now = None
    if now is None:
        arn = stack.functions.create_function(**wanted)["FunctionArn"]
    else:
        _check_owner(stack, declared, name, now.get("Tags") or {})
        arn = now["Configuration"]["FunctionArn"]
        _update(stack, declared, now, wanted)
    stack.wanted["function"].add(name)
    return Physical(name, {"Arn": arn})


def _check_owner(stack: Stack, declared: Declared, name: str, tags: dict[str, str]) -> None:
    if tags.get(TEMPLATE) != stack.template:
        declared.refuse(
            f"there is a function {name} already, which this template did not make; delete it, or choose "
            "another FunctionName"
        )


def _update(stack: Stack, declared: Declared, now: dict[str, Any], wanted: Params) -> None:
    name, configuration = wanted["FunctionName"], now["Configuration"]
    settings = {**_DEFAULTS, **{key: wanted[key] for key in wanted if key not in ("Code", "Tags")}}
    differing = {key: value for key, value in settings.items() if _now(configuration, key) != value}
    for key in _CREATED_ONLY:
        if key in differing:
            declared.refuse("cannot be changed; give the function another name", key)
    if differing:
        stack.functions.update_function_configuration(FunctionName=name, **differing)
    if not _same_code(now, wanted["Code"]):
        stack.functions.update_function_code(FunctionName=name, **wanted["Code"])
    had = now.get("Tags") or {}
    if gone := [key for key in had if key not in wanted["Tags"]]:
        stack.functions.untag_resource(Resource=configuration["FunctionArn"], TagKeys=gone)
    if had != wanted["Tags"]:
        stack.functions.tag_resource(Resource=configuration["FunctionArn"], Tags=wanted["Tags"])


def _now(configuration: dict[str, Any], key: str) -> Any:
    value = configuration.get(key, _DEFAULTS.get(key))
    if key == "SnapStart" and isinstance(value, dict):
        return {"ApplyOn": value.get("ApplyOn")}
    return value


def _same_code(now: dict[str, Any], code: Params) -> bool:
    if "ZipFile" in code:
        digest = base64.b64encode(hashlib.sha256(code["ZipFile"]).digest()).decode()
        return bool(now["Configuration"]["CodeSha256"] == digest)
    return bool(now["Code"].get("Location") == f"file://{code['S3Key']}")


FUNCTION = Kind(_prepare, _apply, frozenset({"Arn"}), FUNCTIONS)
