"""What a deployment may ask for that is not enforced yet. It is refused with a reason: access control and
settings that would be skipped in silence are the complaint this project exists to end."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.catalog.api import Document
from gatewright.gateway.vpc_links import LINK


def of_api(rest_api: Document) -> Iterator[str]:
    """Reasons why an API's own settings cannot be enforced."""
    types = rest_api.get("endpointConfiguration", {}).get("types", [])
    if "PRIVATE" in types:
        yield (
            "private APIs are reached through VPC endpoints, which Gatewright does not have; "
            "use REGIONAL or EDGE with a resource policy"
        )


def is_service(integration: Document) -> bool:
    """Whether it calls an AWS service, invocations of Lambda functions apart: those are made by name."""
    uri = integration.get("uri", "")
    return integration["type"] == "AWS" and not (":lambda:path/" in uri and uri.endswith("/invocations"))


def of_integration(integration: Document) -> Iterator[str]:
    """Reasons why an integration would not do what it says."""
    if integration.get("connectionType") != LINK:
        if integration.get("integrationTarget"):
            yield "integrationTarget is for integrations with connectionType VPC_LINK"
    elif integration["type"] not in ("HTTP", "HTTP_PROXY"):
        yield f"connectionType VPC_LINK is for types HTTP and HTTP_PROXY, not for {integration['type']}"
    if integration.get("credentials") and not is_service(integration):
        yield (
            "integration credentials are not supported yet but for AWS services other than Lambda functions; "
            "remove them and let the function's resource policy allow apigateway.amazonaws.com"
        )
    if integration.get("responseTransferMode") == "STREAM":
        yield "response streaming is not supported yet; use responseTransferMode BUFFERED"
