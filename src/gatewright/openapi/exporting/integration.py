"""`x-amazon-apigateway-integration`: an integration without what its defaults say."""

from __future__ import annotations

from typing import Any

from gatewright.openapi.exporting.source import Document, Operation, without_empty

DEFAULT_TIMEOUT = 29_000  # milliseconds


def integration_extension(operation: Operation) -> Document:
    integration = operation.integration
    return without_empty(
        {
            "type": integration["type"].lower(),
            "credentials": integration.get("credentials"),
            "httpMethod": integration.get("httpMethod"),
            "uri": integration.get("uri"),
            "responses": _responses(integration.get("integrationResponses", {})),
            "requestParameters": _sorted(integration.get("requestParameters")),
            "requestTemplates": _sorted(integration.get("requestTemplates")),
            "passthroughBehavior": integration["passthroughBehavior"].lower(),
            **_connection(integration),
            "contentHandling": integration.get("contentHandling"),
            "timeoutInMillis": _unless(integration.get("timeoutInMillis"), DEFAULT_TIMEOUT),
            **_cache(integration, operation.resource),
            "tlsConfig": integration.get("tlsConfig"),
            "integrationTarget": integration.get("integrationTarget"),
            "responseTransferMode": integration.get("responseTransferMode"),
        }
    )


def _responses(responses: Document) -> Document:
    """By pattern; of two responses with one pattern the gateway takes the first, and so does this."""
    by_pattern: Document = {}
    for _, response in sorted(responses.items()):
        by_pattern.setdefault(response.get("selectionPattern") or "default", _response(response))
    return by_pattern


def _response(response: Document) -> Document:
    return without_empty(
        {
            "statusCode": response["statusCode"],
            "responseParameters": _sorted(response.get("responseParameters")),
            "responseTemplates": _sorted(response.get("responseTemplates")),
            "contentHandling": response.get("contentHandling"),
        }
    )


def _connection(integration: Document) -> Document:
    if integration.get("connectionType") != "VPC_LINK":
        return {}
    return {"connectionId": integration.get("connectionId"), "connectionType": "VPC_LINK"}


def _cache(integration: Document, resource: str) -> Document:
    """A namespace of its own matters only where keys are declared; the resource's is the default."""
    parameters = integration.get("cacheKeyParameters")
    if not parameters:
        return {}
    return {
        "cacheNamespace": _unless(integration.get("cacheNamespace"), resource),
        "cacheKeyParameters": parameters,
    }


def _unless(value: Any, default: Any) -> Any:
    return None if value == default else value


def _sorted(entries: Document | None) -> Document:
    return dict(sorted((entries or {}).items()))
