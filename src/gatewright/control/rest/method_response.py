"""MethodResponse: what a method may answer, by status code."""

from __future__ import annotations

from gatewright.aws.errors import Conflict
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import is_true
from gatewright.control.rest import method_store
from gatewright.control.rest.mapping_expressions import check_method_response_parameters
from gatewright.control.rest.method import check_models, flags
from gatewright.control.rest.patch_rules import NO_CONTENT_TYPE, NO_PARAMETER, entries

RESPONSES = "methodResponses"

PATCHES = (
    entries("responseParameters", is_true, NO_PARAMETER),
    entries("responseModels", str, NO_CONTENT_TYPE),
)


def put_method_response(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    if params["statusCode"] in method.get(RESPONSES, {}):
        raise Conflict("Response already exists for this resource")
    response: Document = {"statusCode": params["statusCode"]}
    if params.get("responseParameters") is not None:
        response["responseParameters"] = flags(params["responseParameters"])
    if params.get("responseModels") is not None:
        response["responseModels"] = params["responseModels"]
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
    patch.apply(response, params, PATCHES)
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
