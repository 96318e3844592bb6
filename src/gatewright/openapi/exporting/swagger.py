"""Swagger 2.0, its members in the order in which the real service writes them."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.openapi.exporting.common import Common
from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.models import preferred
from gatewright.openapi.exporting.root import endpoint_configuration, root_extensions
from gatewright.openapi.exporting.source import (
    Document,
    Operation,
    Source,
    response_headers,
    without_empty,
)


def swagger(source: Source, extensions: Extensions) -> Document:
    """Raises CannotExport. A request and a response have room for one model: JSON's, else the first."""
    writer = _Writer(Common(source, extensions, "#/definitions"))
    common, about = writer.common, source.documentation.of("API")
    return {
        "swagger": "2.0",
        "info": source.info,
        **({} if source.endpoint_disabled else {"host": source.host}),
        "basePath": f"/{source.stage}",
        "schemes": ["https"],
        **about,
        "paths": common.paths(writer.operation),
        **without_empty(
            {"securityDefinitions": common.security.schemes, "definitions": common.models.schemas}
        ),
        **root_extensions(source, extensions),
        **endpoint_configuration(source, extensions),
    }


class _Writer:
    def __init__(self, common: Common) -> None:
        self.common = common

    def operation(self, operation: Operation) -> Document:
        written = without_empty(
            {
                **self.common.about(operation, "METHOD"),
                "operationId": operation.method.get("operationName"),
                "consumes": _consumes(operation),
                "produces": _produces(operation),
                "parameters": list(self._parameters(operation)),
            }
        )
        responses = {
            response["statusCode"]: self._response(operation, response) for response in operation.responses
        }
        return {**written, "responses": responses, **self.common.tail(operation)}

    def _parameters(self, operation: Operation) -> Iterator[Document]:
        for place, name, required in operation.parameters:
            written = self.common.parameter(operation, place, name)
            yield {**written, "required": required or place == "path", "type": "string"}
        models = self.common.models.of(operation, operation.method.get("requestModels"))
        schema = preferred(models)
        if schema is not None:
            name = schema["$ref"].rpartition("/")[2]
            about = self.common.about(operation, "REQUEST_BODY")
            yield {"in": "body", "name": name, **about, "required": True, "schema": schema}

    def _response(self, operation: Operation, response: Document) -> Document:
        status = response["statusCode"]
        headers = {
            name: {**self.common.header(operation, status, name), "type": "string"}
            for name in response_headers(response)
        }
        schema = preferred(self.common.models.of(operation, response.get("responseModels")))
        return {
            **self.common.description(operation, status),
            **without_empty({"schema": schema, "headers": headers}),
        }


def _consumes(operation: Operation) -> list[str]:
    """What requests may be: the content types of models, and of templates."""
    models = operation.method.get("requestModels", {})
    return sorted({*models, *operation.integration.get("requestTemplates", {})})


def _produces(operation: Operation) -> list[str]:
    types: set[str] = set()
    for response in operation.responses:
        types.update(response.get("responseModels", {}))
    for response in operation.integration.get("integrationResponses", {}).values():
        types.update(response.get("responseTemplates", {}))
    return sorted(types)
