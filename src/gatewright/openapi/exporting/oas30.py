"""OpenAPI 3.0.1, its members in the order in which the real service writes them."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.openapi.exporting.common import Common
from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.root import endpoint_configuration, root_extensions
from gatewright.openapi.exporting.source import (
    Document,
    Operation,
    Source,
    response_headers,
    without_empty,
)

_INFO_ORDER = ("title", "description", "version")
_TEXT: Document = {"schema": {"type": "string"}}


def oas30(source: Source, extensions: Extensions) -> Document:
    """Raises CannotExport."""
    writer = _Writer(Common(source, extensions, "#/components/schemas"))
    common, info = writer.common, source.info
    components = {"schemas": common.models.schemas, "securitySchemes": common.security.schemes}
    return {
        "openapi": "3.0.1",
        "info": {**{name: info.pop(name) for name in _INFO_ORDER if name in info}, **info},
        **without_empty({"servers": _servers(source, extensions)}),
        **source.documentation.of("API"),
        "paths": writer.paths(),
        "components": without_empty(components),
        **root_extensions(source, extensions),
    }


def _servers(source: Source, extensions: Extensions) -> list[Document]:
    """A default endpoint that is disabled is told only together with that it is."""
    configuration = endpoint_configuration(source, extensions)
    if source.endpoint_disabled and not configuration:
        return []
    server = {
        "url": f"https://{source.host}/{{basePath}}",
        "variables": {"basePath": {"default": source.stage}},
    }
    return [server | configuration]


class _Writer:
    def __init__(self, common: Common) -> None:
        self.common = common

    def paths(self) -> Document:
        """Here a path item has room for what is said of its resource."""
        documentation = self.common.documentation
        return {
            path: {**documentation.of("RESOURCE", path=path), **item}
            for path, item in self.common.paths(self._operation).items()
        }

    def _operation(self, operation: Operation) -> Document:
        written = without_empty(
            {
                **self.common.about(operation, "METHOD"),
                "operationId": operation.method.get("operationName"),
                "parameters": list(self._parameters(operation)),
                "requestBody": self._request_body(operation),
            }
        )
        responses = {
            response["statusCode"]: self._response(operation, response) for response in operation.responses
        }
        return {**written, "responses": responses, **self.common.tail(operation)}

    def _parameters(self, operation: Operation) -> Iterator[Document]:
        for place, name, required in operation.parameters:
            written = self.common.parameter(operation, place, name)
            yield {**written, **({"required": True} if required or place == "path" else {}), **_TEXT}

    def _request_body(self, operation: Operation) -> Document:
        content = self._content(operation, operation.method.get("requestModels"))
        if not content:
            return {}
        return {**self.common.about(operation, "REQUEST_BODY"), "content": content, "required": True}

    def _response(self, operation: Operation, response: Document) -> Document:
        status = response["statusCode"]
        headers = {
            name: {**self.common.header(operation, status, name), **_TEXT}
            for name in response_headers(response)
        }
        return {
            **self.common.description(operation, status),
            **without_empty({"headers": headers}),
            "content": self._content(operation, response.get("responseModels")),
        }

    def _content(self, operation: Operation, models: Document | None) -> Document:
        """Bodies by content type."""
        references = self.common.models.of(operation, models)
        return {content_type: {"schema": schema} for content_type, schema in references.items()}
