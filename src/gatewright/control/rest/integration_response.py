"""IntegrationResponse: how a backend's answer becomes the method's, by status code."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch
from gatewright.control.rest import method_store
from gatewright.control.rest.common import require_resource
from gatewright.control.rest.integration_rules import nulled, template
from gatewright.control.rest.mapping_expressions import check_integration_response_parameters, check_templates
from gatewright.control.rest.patch_rules import NO_CONTENT_TYPE, NO_PARAMETER, choice, entries, replaced
from gatewright.gateway.integration_response import compile_pattern

RESPONSES = "integrationResponses"
_MEMBERS = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")


def _set_pattern(response: Document, operation: Patch) -> None:
    response["selectionPattern"] = operation.value or ""


PATCHES = (
    choice("contentHandling", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
    replaced("/selectionPattern", _set_pattern),
    entries("responseParameters", str, NO_PARAMETER),
    entries("responseTemplates", template, NO_CONTENT_TYPE),
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
    patch.apply(response, params, PATCHES)
    _check(response, method)
    method_store.save_method(call, params, method)
    return response


def delete_integration_response(call: Call, params: Params) -> None:
    require_resource(call, params["restApiId"], params["resourceId"])
    # Here alone a missing method is answered as a missing integration.
    method = call.tx.get(method_store.key_of(params)) or {}
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
