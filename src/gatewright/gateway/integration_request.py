"""Integration Request for the types that map: which template, if any, and what body goes to the
integration."""

from __future__ import annotations

from gatewright.gateway import content_handling
from gatewright.gateway.errors import UNSUPPORTED_MEDIA_TYPE, GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.templates import Template


class RequestBody:
    """An integration's request templates, passthrough behaviour and content handling, compiled."""

    __slots__ = ("_handling", "_refuse_unmatched", "_templates")

    def __init__(self, templates: dict[str, Template], passthrough: str, handling: str | None) -> None:
        self._templates = templates
        self._handling = handling
        self._refuse_unmatched = passthrough == "NEVER" or (
            passthrough == "WHEN_NO_TEMPLATES" and bool(templates)
        )

    def template(self, exchange: Exchange) -> Template | None:
        """The template for the request's media type, or None to pass the body through.

        Raises GatewayError 415 where the passthrough behaviour forbids passing.
        """
        templates = self._templates
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
        return None

    def converted(self, exchange: Exchange) -> str | bytes:
        """The client's body after content handling: text, or bytes that no template may touch."""
        return content_handling.convert_request(
            exchange.body, exchange.stage.binary_types.request(exchange), self._handling
        )

    def render(self, exchange: Exchange) -> bytes:
        """The body for the integration: the template's output, or the converted body itself."""
        template = self.template(exchange)
        body = self.converted(exchange)
        if template is None:
            return body if isinstance(body, bytes) else body.encode()
        if isinstance(body, bytes):
            raise configuration_error("Unable to transform request")
        return template.text.encode()
