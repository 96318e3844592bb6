"""What a deployment may ask for that is not enforced yet. It is refused with a reason: access control and
settings that would be skipped in silence are the complaint this project exists to end."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.catalog.api import Document
from gatewright.gateway.vpc_links import LINK

_HTTP = ("HTTP", "HTTP_PROXY")


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
    kind = integration["type"]
    if integration.get("connectionType") != LINK:
        for member in ("connectionId", "integrationTarget"):
            if integration.get(member):
                yield f"{member} is for integrations with connectionType VPC_LINK"
    elif kind not in _HTTP:
        yield f"connectionType VPC_LINK is for types HTTP and HTTP_PROXY, not for {kind}"
    if (integration.get("tlsConfig") or {}).get("insecureSkipVerification") and kind not in _HTTP:
        yield f"tlsConfig is for types HTTP and HTTP_PROXY, not for {kind}: remove insecureSkipVerification"
    if integration.get("credentials") and kind not in ("AWS", "AWS_PROXY"):
        yield f"credentials are for types AWS and AWS_PROXY, not for {kind}: nothing is signed, remove them"


def of_stream(rest_api: Document, integration: Document, cached: bool) -> Iterator[str]:
    """Reasons why an integration with responseTransferMode STREAM asks for what is not done then. `cached`:
    the stage caches the method."""
    if integration.get("responseTransferMode") != "STREAM":
        return
    if integration["type"] not in ("HTTP_PROXY", "AWS_PROXY"):
        yield (
            f"responseTransferMode STREAM is for HTTP_PROXY and AWS_PROXY, not for {integration['type']}; "
            "use BUFFERED"
        )
    if integration.get("contentHandling"):
        yield f"a streamed response is not converted: remove contentHandling {integration['contentHandling']}"
    if cached or integration.get("cacheKeyParameters"):
        yield "a streamed response is not cached: turn caching off for it, and remove cacheKeyParameters"
    if rest_api.get("minimumCompressionSize") is not None:
        yield "a streamed response is not compressed: remove minimumCompressionSize, or use BUFFERED"
    for status, response in (integration.get("integrationResponses") or {}).items():
        mapped = [name for name in _RESPONSE_MAPPINGS if response.get(name)]
        if mapped:
            yield f"a streamed response is not mapped: integration response {status} has {', '.join(mapped)}"


_RESPONSE_MAPPINGS = ("responseTemplates", "responseParameters", "contentHandling")
