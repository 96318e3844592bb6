"""MethodResponse: what a method may answer, by status code."""

from __future__ import annotations

from gatewright.aws.errors import Conflict
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest import member_patch, method_store
from gatewright.control.rest.mapping_expressions import check_method_response_parameters
from gatewright.control.rest.member_patch import MapMember, PatchTable, flag
from gatewright.control.rest.method import check_models

RESPONSES = "methodResponses"

PATCH = PatchTable(
    members={},
    maps={
        "responseParameters": MapMember(flag, member_patch.NO_PARAMETER),
        "responseModels": MapMember(str, member_patch.NO_CONTENT_TYPE),
    },
)


def put_method_response(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    if params["statusCode"] in method.get(RESPONSES, {}):
        raise Conflict("Response already exists for this resource")
    response: Document = {"statusCode": params["statusCode"]}
    for member in ("responseParameters", "responseModels"):
        if params.get(member) is not None:
            response[member] = params[member]
    _check(call, params, response)
    method_store.store_response(method, RESPONSES, response)
    method_store.save_method(call, params, method)
    return response


def get_method_response(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    return method_store.response_of(method, RESPONSES, params["statusCode"])


def update_method_response(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    response = method_store.response_of(method, RESPONSES, params["statusCode"])
    member_patch.apply(response, params.get("patchOperations") or [], PATCH)
    _check(call, params, response)
    method_store.save_method(call, params, method)
    return response


def delete_method_response(call: Call, params: Params) -> None:
    method = method_store.find_method(call, params)
    method_store.drop_response(method, RESPONSES, params["statusCode"])
    method_store.save_method(call, params, method)


def _check(call: Call, params: Params, response: Document) -> None:
    check_method_response_parameters(response.get("responseParameters", {}))
    check_models(call, params["restApiId"], response.get("responseModels", {}))
