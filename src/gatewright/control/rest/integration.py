"""Integration: where a method's requests go."""

from __future__ import annotations

from dataclasses import replace

from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest import member_patch, method_store
from gatewright.control.rest.integration_rules import check_integration, normalise, shaped
from gatewright.control.rest.member_patch import MapMember, PatchTable, choice, flag, text

INTEGRATION = "methodIntegration"


def _set_timeout(integration: Document, value: str | None) -> None:
    # What is no number becomes 0, which the check of the range refuses.
    digits = (value or "")[:10]
    integration["timeoutInMillis"] = int(digits) if digits.isdecimal() else 0


def _set_verification(integration: Document, value: str | None) -> None:
    integration["tlsConfig"] = {"insecureSkipVerification": flag(value)}


PATCH = PatchTable(
    members={
        "cacheNamespace": text("cacheNamespace"),
        "connectionId": text("connectionId"),
        "connectionType": choice("connectionType", "INTERNET", "VPC_LINK"),
        "contentHandling": choice("contentHandling", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
        "httpMethod": text("httpMethod"),
        "integrationTarget": text("integrationTarget"),
        "passthroughBehavior": text("passthroughBehavior"),
        "responseTransferMode": choice("responseTransferMode", "BUFFERED", "STREAM"),
        "timeoutInMillis": _set_timeout,
        "tlsConfig/insecureSkipVerification": _set_verification,
        "uri": text("uri"),
    },
    maps={
        "requestParameters": MapMember(str, member_patch.NO_PARAMETER),
        "requestTemplates": MapMember(lambda value: value or None, member_patch.NO_CONTENT_TYPE),
    },
    lists=frozenset({"cacheKeyParameters"}),
)
_NOT_OF_MOCK = ("httpMethod", "uri")
MOCK_PATCH = replace(
    PATCH, members={path: change for path, change in PATCH.members.items() if path not in _NOT_OF_MOCK}
)


def put_integration(call: Call, params: Params) -> Document:
    """Replaces an integration that is there, with its integration responses."""
    method = method_store.find_method(call, params)
    integration = shaped(params)
    normalise(integration, params["resourceId"], call.services.limits)
    check_integration(integration, method, call.services.limits)
    method[INTEGRATION] = integration
    method_store.save_method(call, params, method)
    return integration


def get_integration(call: Call, params: Params) -> Document:
    return method_store.integration_of(method_store.find_method(call, params))


def update_integration(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    integration = method_store.integration_of(method)
    table = MOCK_PATCH if integration["type"] == "MOCK" else PATCH
    member_patch.apply(integration, params.get("patchOperations") or [], table)
    normalise(integration, params["resourceId"], call.services.limits)
    check_integration(integration, method, call.services.limits)
    method_store.save_method(call, params, method)
    return integration


def delete_integration(call: Call, params: Params) -> None:
    method = method_store.find_method(call, params)
    method_store.integration_of(method)
    del method[INTEGRATION]
    method_store.save_method(call, params, method)
