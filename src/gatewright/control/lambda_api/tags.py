"""ListTags, TagResource and UntagResource: tags belong to the function, not to its versions."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.store import named, put_version, require_function
from gatewright.control.lambda_api.tagging import check_tags
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionName
from gatewright.functions.names import InvalidParameterValue


def list_tags(call: Call, params: Params) -> Document:
    return {"Tags": require_function(call, _function(call, params)).get("Tags") or {}}


def tag_resource(call: Call, params: Params) -> None:
    if not params["Tags"]:
        raise InvalidParameterValue("An error occurred and the request cannot be processed.")
    document = require_function(call, _function(call, params))
    document["Tags"] = {**(document.get("Tags") or {}), **params["Tags"]}
    check_tags(document["Tags"])
    put_version(call, document)


def untag_resource(call: Call, params: Params) -> None:
    document = require_function(call, _function(call, params))
    tags = document.get("Tags") or {}
    document["Tags"] = {key: value for key, value in tags.items() if key not in params["TagKeys"]}
    put_version(call, document)


def _function(call: Call, params: Params) -> FunctionName:
    function = named(call.partition, {"FunctionName": params["Resource"]})
    if function.qualifier is not None:
        raise InvalidParameterValue(
            "Tagging operations are permitted on Lambda functions only. Tags on aliases and versions are not "
            "supported. Please specify either a function name or a function ARN."
        )
    return function
