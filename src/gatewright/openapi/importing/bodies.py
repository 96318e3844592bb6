"""The models of a method's requests and responses."""

from __future__ import annotations

from typing import Any

from gatewright.openapi.importing.definition import Members, Method
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.schemas import JSON, Schemas
from gatewright.openapi.importing.values import mapping, members, texts


class Bodies:
    def __init__(self, reading: Reading, schemas: Schemas) -> None:
        self._reading = reading
        self._schemas = schemas

    def set_request_models(
        self, method: Method, operation: dict[str, Any], parameters: list[dict[str, Any]]
    ) -> None:
        """`requestModels`: of Swagger's body parameter for each type consumed, else of each content type."""
        if self._reading.swagger:
            schemas = [parameter.get("schema") for parameter in parameters if parameter["in"] == "body"]
            content = self._for_each(operation, "consumes", schemas[-1] if schemas else None, method.path)
        else:
            body = self._reading.resolved(operation.get("requestBody"), "request body")
            content = self._content(mapping(body, "request body", method.path), method.path)
        models = self._models(content, method.path, method.verb, "request")
        if models:
            method.members["requestModels"] = models

    def set_responses(self, method: Method, operation: dict[str, Any]) -> None:
        """The method responses. `default` is no status and is left out (unverified)."""
        responses = mapping(operation.get("responses"), "responses", method.path)
        for status, written in members(responses).items():
            if status == "default":
                continue
            response = mapping(self._reading.resolved(written, "response"), "response", method.path)
            method.responses.append(self._response(method, operation, status, response))

    def _response(
        self, method: Method, operation: dict[str, Any], status: str, response: dict[str, Any]
    ) -> Members:
        made: Members = {"statusCode": status}
        headers = mapping(response.get("headers"), "response headers", method.path)
        if headers:
            made["responseParameters"] = {f"method.response.header.{name}": False for name in headers}
        if self._reading.swagger:
            content = self._for_each(operation, "produces", response.get("schema"), method.path)
        else:
            content = self._content(response, method.path)
        models = self._models(content, method.path, method.verb, status)
        if models:
            made["responseModels"] = models
        return made

    def _for_each(self, operation: dict[str, Any], member: str, schema: Any, path: str) -> dict[str, Any]:
        """Swagger's one schema under each content type; an operation's own list replaces the root's.

        That consumed types each have their entry is unverified.
        """
        if schema is None:
            return {}
        written = operation.get(member, self._reading.document.get(member))
        return dict.fromkeys(texts(written, member, path) or [JSON], schema)

    def _content(self, body: dict[str, Any], path: str) -> dict[str, Any]:
        """The schema of each content type that has one."""
        content = mapping(body.get("content"), "content", path)
        described = {name: mapping(media, "content", path).get("schema") for name, media in content.items()}
        return {name: schema for name, schema in described.items() if schema is not None}

    def _models(self, content: dict[str, Any], *where: str) -> dict[str, str]:
        """The model of each content type. One inline schema under several types is one model."""
        models: dict[str, str] = {}
        made: dict[int, str | None] = {}
        for content_type, schema in content.items():
            if id(schema) not in made:
                made[id(schema)] = self._schemas.model_of(schema, *where, content_type)
            name = made[id(schema)]
            if name is not None:
                models[content_type] = name
            elif not isinstance(schema, dict):
                self._reading.definition.warn(f"Invalid model name specified: {content_type}=null")
        return models
