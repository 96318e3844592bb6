"""What a deployment may ask for that is not enforced yet. It is refused with a reason: access control and
settings that would be skipped in silence are the complaint this project exists to end."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.catalog.api import Document


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
    if integration.get("connectionType") == "VPC_LINK":
        yield "VPC links are not supported yet; use connectionType INTERNET"
    if integration.get("credentials") and not is_service(integration):
        yield (
            "integration credentials are not supported yet but for AWS services other than Lambda functions; "
            "remove them and let the function's resource policy allow apigateway.amazonaws.com"
        )
    if integration.get("cacheKeyParameters"):
        yield "response caching is not supported yet; remove cacheKeyParameters"


def of_stream(
    rest_api: Document, stage: Document, where: tuple[str, str], integration: Document
) -> Iterator[str]:
    """Reasons why an integration with responseTransferMode STREAM asks for what is not done then. `where`
    are the method's resource path and HTTP method."""
    if integration.get("responseTransferMode") != "STREAM":
        return
    if integration["type"] not in ("HTTP_PROXY", "AWS_PROXY"):
        yield (
            f"responseTransferMode STREAM is for HTTP_PROXY and AWS_PROXY, not for {integration['type']}; "
            "use BUFFERED"
        )
    if integration.get("contentHandling"):
        yield f"a streamed response is not converted: remove contentHandling {integration['contentHandling']}"
    if integration.get("cacheKeyParameters") or _is_cached(stage, where):
        yield "a streamed response is not cached: turn caching off for it, and remove cacheKeyParameters"
    if rest_api.get("minimumCompressionSize") is not None:
        yield "a streamed response is not compressed: remove minimumCompressionSize, or use BUFFERED"
    for status, response in (integration.get("integrationResponses") or {}).items():
        mapped = [name for name in _RESPONSE_MAPPINGS if response.get(name)]
        if mapped:
            yield f"a streamed response is not mapped: integration response {status} has {', '.join(mapped)}"


_RESPONSE_MAPPINGS = ("responseTemplates", "responseParameters", "contentHandling")


def _is_cached(stage: Document, where: tuple[str, str]) -> bool:
    """Whether the stage's settings turn caching on for a method; the closest setting counts."""
    path, verb = where
    settings = stage.get("methodSettings") or {}
    key = path.strip("/").replace("/", "~1")
    for name in (f"{path}/{verb}", f"{path.lstrip('/')}/{verb}", f"{key}/{verb}", f"~1{key}/{verb}", "*/*"):
        if name in settings:
            return bool(settings[name].get("cachingEnabled"))
    return False
