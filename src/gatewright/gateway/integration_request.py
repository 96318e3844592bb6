"""Integration Request for the types that map: parameters, the template and its overrides, the body."""

from __future__ import annotations

from gatewright.gateway import content_handling
from gatewright.gateway.errors import UNSUPPORTED_MEDIA_TYPE, GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.header_rules import drop_after_mapping
from gatewright.gateway.mapping_template.template import MappingTemplate
from gatewright.gateway.parameters import NOTHING_MAPPED, Mapped, RequestMappings, tell_mapped


class RequestBody:
    """An integration's request templates, passthrough behaviour and content handling, compiled."""

    __slots__ = ("_handling", "_refuse_unmatched", "templates")

    def __init__(self, templates: dict[str, MappingTemplate], passthrough: str, handling: str | None) -> None:
        self.templates = templates
        self._handling = handling
        self._refuse_unmatched = passthrough == "NEVER" or (
            passthrough == "WHEN_NO_TEMPLATES" and bool(templates)
        )

    def template(self, exchange: Exchange) -> MappingTemplate | None:
        """The template for the request's media type, or None to pass the body through.

        Raises GatewayError 415 where the passthrough behaviour forbids passing.
        """
        templates = self.templates
        if templates:
            found = templates.get(exchange.media_type) or templates.get("$default")
            if found is not None:
                return found
        if self._refuse_unmatched:
            raise GatewayError(
                UNSUPPORTED_MEDIA_TYPE,
                "Unsupported Media Type",
                reason=f"No request template for content type {exchange.media_type}, passthrough is refused",
            )
        if exchange.tracing is not None:
            exchange.tracing.add(
                "request template",
                passthrough=f"no template for {exchange.media_type}, the body passes",
                templates=list(templates),
            )
        return None

    def converted(self, exchange: Exchange) -> str | bytes:
        """The client's body after content handling: text, or bytes that no template may touch."""
        return content_handling.convert_request(
            exchange.body, exchange.stage.binary_types.request(exchange), self._handling
        )

    def rendered(self, exchange: Exchange, template: MappingTemplate, *, traced: bool = True) -> str:
        """The template's output for the client's body. Raises GatewayError 500 for a binary one."""
        body = self.converted(exchange) if exchange.request.body else ""
        if isinstance(body, bytes):
            raise configuration_error(
                "Unable to transform request",
                detail="a template cannot take a binary body; use contentHandling CONVERT_TO_TEXT",
                traced=traced,
            )
        return template.render(exchange, body)

    def render(self, exchange: Exchange) -> bytes:
        """The body for the integration: the template's output, or the converted body itself."""
        template = self.template(exchange)
        if template is not None:
            return self.rendered(exchange, template).encode("utf-8", "replace")
        body = self.converted(exchange)
        return body if isinstance(body, bytes) else body.encode()


class IntegrationRequest:
    """What one integration sends: its request parameters, then its body, then the template's overrides."""

    __slots__ = ("_body", "_dropped", "_integration_type", "_mappings")

    def __init__(self, integration_type: str, mappings: RequestMappings | None, body: RequestBody) -> None:
        self._integration_type = integration_type
        self._mappings = mappings
        self._body = body
        self._dropped = drop_after_mapping(integration_type)

    def prepare(self, exchange: Exchange) -> tuple[Mapped, bytes]:
        """The parameters and the body. Raises GatewayError."""
        mapped = NOTHING_MAPPED if self._mappings is None else self._mappings.apply(exchange)
        body = self._body.render(exchange)
        overrides = exchange.overrides
        if overrides is not None:
            mapped = overrides.apply(mapped, self._integration_type, self._dropped)
            if exchange.tracing is not None:
                tell_mapped(exchange.tracing, "request override", mapped)
        return mapped, body
