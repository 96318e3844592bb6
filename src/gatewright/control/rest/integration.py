"""Integration: where a method's requests go."""

from __future__ import annotations

import re

from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, is_true
from gatewright.control.rest import method_store
from gatewright.control.rest.integration_rules import check_integration, normalise, shaped, template
from gatewright.control.rest.patch_rules import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    choice,
    entries,
    listed,
    listed_by_path,
    replaced,
    texts,
    word,
)

INTEGRATION = "methodIntegration"


def _set_timeout(integration: Document, operation: Patch) -> None:
    # What is no number becomes 0, which the check of the range refuses.
    value = operation.value or ""
    integration["timeoutInMillis"] = int(value) if re.fullmatch("[0-9]{1,9}", value) else 0


def _set_verification(integration: Document, operation: Patch) -> None:
    integration["tlsConfig"] = {"insecureSkipVerification": is_true(operation.value)}


def _set_connection_type(integration: Document, operation: Patch) -> None:
    """Who goes back to the public way leaves the link."""
    word("connectionType", "INTERNET", "VPC_LINK")(integration, operation)
    if operation.value != "VPC_LINK":
        integration.pop("connectionId", None)


PATCHES = (
    *texts("cacheNamespace", "connectionId", "integrationTarget", "passthroughBehavior"),
    replaced("/connectionType", _set_connection_type),
    choice("contentHandling", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
    choice("responseTransferMode", "BUFFERED", "STREAM"),
    replaced("/timeoutInMillis", _set_timeout),
    replaced("/tlsConfig/insecureSkipVerification", _set_verification),
    entries("requestParameters", str, NO_PARAMETER),
    entries("requestTemplates", template, NO_CONTENT_TYPE),
    listed("cacheKeyParameters"),
    listed_by_path("cacheKeyParameters"),
)
BACKEND_PATCHES = (*PATCHES, *texts("httpMethod", "uri"))  # a MOCK has neither


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
    patch.apply(integration, params, PATCHES if integration["type"] == "MOCK" else BACKEND_PATCHES)
    normalise(integration, params["resourceId"], call.services.limits)
    check_integration(integration, method, call.services.limits)
    method_store.save_method(call, params, method)
    return integration


def delete_integration(call: Call, params: Params) -> None:
    method = method_store.find_method(call, params)
    method_store.integration_of(method)
    del method[INTEGRATION]
    method_store.save_method(call, params, method)
