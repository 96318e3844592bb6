"""What a deployment may ask for that is not enforced yet. It is refused with a reason: access control and
settings that would be skipped in silence are the complaint this project exists to end."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.catalog.api import Document


def of_api(rest_api: Document) -> Iterator[str]:
    """Reasons why an API's own settings cannot be enforced."""
    if rest_api.get("policy"):
        yield "resource policies are not enforced yet; remove the API's policy"
    types = rest_api.get("endpointConfiguration", {}).get("types", [])
    if "PRIVATE" in types:
        yield "private APIs need resource policies, which are not enforced yet; use REGIONAL or EDGE"
    if rest_api.get("apiKeySource") == "AUTHORIZER":
        yield "API keys from authorizers are not enforced yet; leave apiKeySource at HEADER"


def of_method(method: Document) -> Iterator[str]:
    """Reasons why a method's access control cannot be enforced."""
    authorization = method.get("authorizationType", "NONE")
    if authorization != "NONE":
        yield f"authorizationType {authorization} is not enforced yet; use NONE"
    if method.get("apiKeyRequired"):
        yield "apiKeyRequired is not enforced yet; set it to false"


def of_integration(integration: Document) -> Iterator[str]:
    """Reasons why an integration would not do what it says."""
    if integration.get("connectionType") == "VPC_LINK":
        yield "VPC links are not supported yet; use connectionType INTERNET"
    if integration.get("credentials"):
        yield (
            "integration credentials are not supported yet; "
            "remove them and let the function's resource policy allow apigateway.amazonaws.com"
        )
    if integration.get("responseTransferMode") == "STREAM":
        yield "response streaming is not supported yet; use responseTransferMode BUFFERED"
    if integration.get("cacheKeyParameters"):
        yield "response caching is not supported yet; remove cacheKeyParameters"
