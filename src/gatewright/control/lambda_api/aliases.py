"""Aliases: a name for a version, or for two with their shares of the calls."""

from __future__ import annotations

from gatewright.aws.errors import ValidationFailed
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.lambda_api.paging import page
from gatewright.control.lambda_api.store import (
    ResourceConflict,
    aliases,
    check_revision,
    named_whole,
    put_alias,
    qualified,
    require_alias,
    require_function,
    require_version,
)
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.names import LATEST, InvalidParameterValue, is_version


def create_alias(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    name = params["Name"]
    arn = qualified(function, name).arn
    require_version(call, function, params["FunctionVersion"])
    if call.tx.get(keys.function_alias(function.name, name)) is not None:
        raise ResourceConflict(f"Alias already exists: {arn}", Type="User")
    alias: Document = {
        "AliasArn": arn,
        "Name": name,
        "FunctionVersion": params["FunctionVersion"],
        "Description": params.get("Description") or "",
    }
    _route(call, function, alias, params.get("RoutingConfig") or {})
    put_alias(call, function, {"Alias": alias})
    return alias


def get_alias(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    require_function(call, function)
    alias: Document = require_alias(call, function, params["Name"])["Alias"]
    return alias


def update_alias(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    require_function(call, function)
    document = call.tx.get(keys.function_alias(function.name, params["Name"]))
    if document is None:
        raise FunctionNotFound(f"Alias not found: {qualified(function, params['Name']).arn}", Type="User")
    alias: Document = document["Alias"]
    check_revision(params, alias["RevisionId"])
    if params.get("FunctionVersion") is not None:
        require_version(call, function, params["FunctionVersion"])
        alias["FunctionVersion"] = params["FunctionVersion"]
    if params.get("Description") is not None:
        alias["Description"] = params["Description"]
    routing = params.get("RoutingConfig")
    _route(call, function, alias, alias.get("RoutingConfig") or {} if routing is None else routing)
    put_alias(call, function, document)
    return alias


def delete_alias(call: Call, params: Params) -> None:
    """An alias that is not there is gone already: that is no error."""
    function = named_whole(call.partition, params)
    require_function(call, function)
    call.tx.delete(keys.function_alias(function.name, params["Name"]))


def list_aliases(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    require_function(call, function)
    version = params.get("FunctionVersion")
    found = [
        alias for alias in aliases(call, function.name) if version in (None, "", alias["FunctionVersion"])
    ]
    return page("Aliases", found, params, lambda alias: (alias["Name"], 0))


def _route(call: Call, function: FunctionName, alias: Document, routing: Document) -> None:
    """Set the alias's RoutingConfig; an empty one sends every call to the alias's version."""
    alias.pop("RoutingConfig", None)
    weights = routing.get("AdditionalVersionWeights") or {}
    if not weights:
        return
    if len(weights) > 1:
        raise InvalidParameterValue("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for version, weight in weights.items():
        _check_share(call, function, alias, version, weight)
    alias["RoutingConfig"] = {"AdditionalVersionWeights": weights}


def _check_share(call: Call, function: FunctionName, alias: Document, version: str, weight: float) -> None:
    primary = alias["FunctionVersion"]
    if version == primary:
        raise InvalidParameterValue(
            f"Invalid function version {version}. Function version {version} is already included in routing "
            "configuration."
        )
    if primary == LATEST:
        raise InvalidParameterValue("$LATEST is not supported for an alias pointing to more than 1 version")
    if not is_version(version):
        raise ValidationFailed(
            f"1 validation error detected: Value '{{{version}={weight}}}' at "
            "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy "
            "constraint: [Member must have length less than or equal to 1024, Member must have length "
            "greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must "
            "not be null]"
        )
    require_version(call, function, version)
