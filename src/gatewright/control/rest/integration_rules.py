"""What an integration's document holds by default and what it may hold."""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.context import Limits
from gatewright.control.operation import Params
from gatewright.control.rest.integration_uri import HTTP_TYPES, check_connection, check_credentials, check_uri
from gatewright.control.rest.mapping_expressions import check_integration_parameters, check_templates
from gatewright.control.rest.method import check_verb

PASSTHROUGH_BEHAVIORS = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
DEFAULT_TIMEOUT_MS = 29_000
SHORTEST_TIMEOUT_MS = 50
LONGEST_STREAM_MS = 900_000

_AS_GIVEN = (
    "connectionType",
    "connectionId",
    "credentials",
    "contentHandling",
    "requestParameters",
    "requestTemplates",
    "tlsConfig",
    "integrationTarget",
    "responseTransferMode",
    "passthroughBehavior",
    "cacheNamespace",
    "cacheKeyParameters",
)


def shaped(params: Params) -> Document:
    """PutIntegration's members under the names GetIntegration has for them, without the defaults."""
    integration: Document = {"type": params["type"]}
    if params["type"] != "MOCK":
        _set(integration, "httpMethod", params.get("integrationHttpMethod"))
        _set(integration, "uri", params.get("uri"))
    for member in _AS_GIVEN:
        _set(integration, member, params.get(member))
    if params.get("timeoutInMillis") is not None:
        integration["timeoutInMillis"] = params["timeoutInMillis"]
    if "requestTemplates" in integration:
        integration["requestTemplates"] = nulled(integration["requestTemplates"])
    return integration


def normalise(integration: Document, resource_id: str, limits: Limits) -> None:
    """Fill in what an integration always has; `connectionType` is shown only where it means something."""
    connection_type = integration.pop("connectionType", None)
    if connection_type == "VPC_LINK":
        integration["connectionType"] = connection_type
    elif integration["type"] in HTTP_TYPES:
        integration["connectionType"] = "INTERNET"
    behavior = integration.get("passthroughBehavior", PASSTHROUGH_BEHAVIORS[0])
    integration["passthroughBehavior"] = behavior.upper()
    integration.setdefault("timeoutInMillis", min(DEFAULT_TIMEOUT_MS, limits.integration_timeout_ms))
    integration.setdefault("cacheNamespace", resource_id)
    integration.setdefault("cacheKeyParameters", [])


def _set(document: Document, member: str, value: object) -> None:
    if value not in (None, "", {}, []):
        document[member] = value


def template(text: str | None) -> str | None:
    """A mapping template as it is kept: an empty one is null."""
    return text or None


def nulled(templates: Mapping[str, str | None]) -> dict[str, str | None]:
    return {content_type: template(text) for content_type, text in templates.items()}


def check_integration(integration: Document, method: Document, limits: Limits) -> None:
    """Refuse an integration AWS refuses, as it stands after a put or a whole patch list."""
    if integration["type"] != "MOCK":
        _check_integration_verb(integration.get("httpMethod"))
    check_uri(integration)
    check_credentials(integration.get("credentials"))
    check_connection(integration)
    _check_passthrough(integration["passthroughBehavior"])
    _check_timeout(integration, limits)
    declared = method.get("requestParameters", {})
    parameters = integration.get("requestParameters", {})
    check_integration_parameters(parameters, declared)
    for parameter in integration["cacheKeyParameters"]:
        if parameter not in declared and parameter not in parameters:
            raise BadRequest("Invalid cache key parameter specified")
    check_templates(integration.get("requestTemplates", {}))


def _check_integration_verb(verb: str | None) -> None:
    if not verb:
        raise BadRequest("Enumeration value for HttpMethod must be non-empty")
    check_verb(verb)


def _check_passthrough(behavior: str) -> None:
    if behavior not in PASSTHROUGH_BEHAVIORS:
        raise BadRequest(
            f"Invalid passthroughBehavior specified. Valid options are {','.join(PASSTHROUGH_BEHAVIORS)}"
        )


def _check_timeout(integration: Document, limits: Limits) -> None:
    streamed = integration.get("responseTransferMode") == "STREAM"
    longest = LONGEST_STREAM_MS if streamed else limits.integration_timeout_ms
    if not SHORTEST_TIMEOUT_MS <= integration["timeoutInMillis"] <= longest:
        raise BadRequest(f"Timeout should be between {SHORTEST_TIMEOUT_MS} ms and {longest} ms")
