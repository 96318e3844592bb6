"""Functions: create, get, list and delete."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.lambda_api import settings
from gatewright.control.lambda_api.code_source import take_code
from gatewright.control.lambda_api.paging import page
from gatewright.control.lambda_api.presenting import described, listed, with_qualified_arn
from gatewright.control.lambda_api.publishing import publish
from gatewright.control.lambda_api.store import (
    ResourceConflict,
    aliases,
    delete_version,
    last_modified,
    named,
    named_whole,
    put_version,
    require_function,
    versions,
)
from gatewright.control.lambda_api.tagging import check_tags
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionName
from gatewright.functions.names import LATEST, InvalidParameterValue, is_version

_DONE = frozenset({"FunctionName", "Code", "Publish", "Tags"})


def create_function(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    settings.check_unenforced(params, _DONE)
    if not (params.get("Runtime") and params.get("Handler")):
        raise InvalidParameterValue(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    tags = params.get("Tags") or {}
    check_tags(tags)
    if call.tx.get(keys.function(function.name)) is not None:
        raise ResourceConflict(f"Function already exist: {function.name}", Type="User")
    document = _new_document(call, function, params)
    document["Tags"] = tags
    put_version(call, document)
    if params.get("Publish"):
        # Recorded: the answer is the new version's, with the function's own ARN.
        version = publish(call, function, document)
        return {**version["Configuration"], "FunctionArn": function.arn}
    configuration: Document = document["Configuration"]
    return configuration


def _new_document(call: Call, function: FunctionName, params: Params) -> Document:
    configuration: Document = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Version": LATEST,
        **settings.defaults(function.name),
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "LastModified": last_modified(call),
    }
    settings.apply(configuration, params)
    code, size_and_hash = take_code(call, params["Code"])
    return {"Configuration": configuration | size_and_hash, "Code": code}


def get_function(call: Call, params: Params) -> Document:
    """Code is described, not served: only a directory has a `Location`."""
    function = named(call.partition, params)
    document = described(call, function)
    code: Document = {"RepositoryType": "S3"}
    if "directory" in document["Code"]:
        code["Location"] = f"file://{document['Code']['directory']}"
    answer = {"Configuration": document["Configuration"], "Code": code}
    tags = require_function(call, function).get("Tags")
    return {**answer, "Tags": tags} if tags else answer


def list_functions(call: Call, params: Params) -> Document:
    """`FunctionVersion` ALL adds each function's published versions."""
    everything = params.get("FunctionVersion") == "ALL"
    found = []
    for _, document in call.tx.list(keys.FUNCTIONS):
        configuration = document["Configuration"]
        if everything:
            found += list_all_versions(call, document)
        else:
            found.append(listed(configuration))
    return page("Functions", found, params, _order)


def list_versions_by_function(call: Call, params: Params) -> Document:
    function = named(call.partition, params)
    latest = require_function(call, function)
    return page("Versions", list_all_versions(call, latest), params, _order)


def list_all_versions(call: Call, latest: Document) -> list[Document]:
    """`$LATEST`, then the published versions, oldest first; each with its qualified ARN."""
    name = latest["Configuration"]["FunctionName"]
    function = FunctionName(call.account, call.region, name)
    documents = [latest, *versions(call, name)]
    return [listed(with_qualified_arn(function, document["Configuration"])) for document in documents]


def _order(configuration: Document) -> tuple[str, int]:
    version = configuration["Version"]
    return configuration["FunctionName"], 0 if version == LATEST else int(version)


def delete_function(call: Call, params: Params) -> Document:
    """The function with all it has; with a qualifier, that version alone."""
    function = named(call.partition, params)
    if function.qualifier == LATEST:
        raise InvalidParameterValue("$LATEST version cannot be deleted without deleting the function.")
    require_function(call, function)
    if function.qualifier is not None:
        _delete_version(call, function, function.qualifier)
    else:
        for document in versions(call, function.name):
            delete_version(call, function.name, document["Configuration"]["Version"])
        delete_version(call, function.name, LATEST)
        call.tx.delete_below(keys.below("functionalias", function.name))
    return {"StatusCode": 204}


def _delete_version(call: Call, function: FunctionName, version: str) -> None:
    if not is_version(version):
        raise InvalidParameterValue("Deletion of functions via alias is not currently supported.")
    users = [alias["Name"] for alias in aliases(call, function.name) if version in _targets(alias)]
    if users:
        raise ResourceConflict(
            f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]",
            Type="User",
        )
    delete_version(call, function.name, version)


def _targets(alias: Document) -> set[str]:
    routing = alias.get("RoutingConfig") or {}
    return {alias["FunctionVersion"], *(routing.get("AdditionalVersionWeights") or {})}
