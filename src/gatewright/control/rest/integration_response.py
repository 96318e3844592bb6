"""IntegrationResponse: how a backend's answer becomes the method's, by status code."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest import member_patch, method_store
from gatewright.control.rest.integration_rules import nulled
from gatewright.control.rest.mapping_expressions import check_integration_response_parameters, check_templates
from gatewright.control.rest.member_patch import MapMember, PatchTable, choice
from gatewright.gateway.integration_response import compile_pattern

RESPONSES = "integrationResponses"
_MEMBERS = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")


def _set_pattern(response: Document, value: str | None) -> None:
    response["selectionPattern"] = value or ""


PATCH = PatchTable(
    members={
        "contentHandling": choice("contentHandling", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
        "selectionPattern": _set_pattern,
    },
    maps={
        "responseParameters": MapMember(str, member_patch.NO_PARAMETER),
        "responseTemplates": MapMember(lambda value: value or None, member_patch.NO_CONTENT_TYPE),
    },
)


def put_integration_response(call: Call, params: Params) -> Document:
    """Overwrites a response that is there."""
    method = method_store.find_method(call, params)
    integration = method_store.integration_of(method)
    response: Document = {"statusCode": params["statusCode"]}
    response.update({member: params[member] for member in _MEMBERS if params.get(member) is not None})
    if "responseTemplates" in response:
        response["responseTemplates"] = nulled(response["responseTemplates"])
    _check(response, method)
    method_store.store_response(integration, RESPONSES, response)
    method_store.save_method(call, params, method)
    return response


def get_integration_response(call: Call, params: Params) -> Document:
    integration = method_store.integration_of(method_store.find_method(call, params))
    return method_store.response_of(integration, RESPONSES, params["statusCode"])


def update_integration_response(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    integration = method_store.integration_of(method)
    response = method_store.response_of(integration, RESPONSES, params["statusCode"])
    member_patch.apply(response, params.get("patchOperations") or [], PATCH)
    _check(response, method)
    method_store.save_method(call, params, method)
    return response


def delete_integration_response(call: Call, params: Params) -> None:
    method = method_store.find_method(call, params, missing="Invalid Integration identifier specified")
    integration = method_store.integration_of(method)
    method_store.drop_response(integration, RESPONSES, params["statusCode"])
    method_store.save_method(call, params, method)


def _check(response: Document, method: Document) -> None:
    declared = method.get("methodResponses", {}).get(response["statusCode"])
    check_integration_response_parameters(response.get("responseParameters", {}), declared)
    _check_pattern(response.get("selectionPattern"))
    check_templates(response.get("responseTemplates", {}))


def _check_pattern(pattern: str | None) -> None:
    try:
        compile_pattern(pattern)
    except ValueError:
        raise BadRequest("Invalid regex pattern specified") from None
