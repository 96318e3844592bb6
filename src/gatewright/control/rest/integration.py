"""Integration: where a method's requests go."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest import method_store
from gatewright.control.rest.integration_rules import check_integration, shaped

INTEGRATION = "methodIntegration"


def put_integration(call: Call, params: Params) -> Document:
    """Replaces an integration that is there, with its integration responses."""
    method = method_store.find_method(call, params)
    integration = shaped(params, call.services.limits)
    check_integration(integration, method, call.services.limits)
    method[INTEGRATION] = integration
    method_store.save_method(call, params, method)
    return integration


def get_integration(call: Call, params: Params) -> Document:
    return method_store.integration_of(method_store.find_method(call, params))


def delete_integration(call: Call, params: Params) -> None:
    method = method_store.find_method(call, params)
    method_store.integration_of(method)
    del method[INTEGRATION]
    method_store.save_method(call, params, method)
