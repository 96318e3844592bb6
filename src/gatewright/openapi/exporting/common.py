"""What both forms of a document share: what an operation looks up, says at its end, and is said about it."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.integration import integration_extension
from gatewright.openapi.exporting.models import Models
from gatewright.openapi.exporting.root import validator_names
from gatewright.openapi.exporting.security import security
from gatewright.openapi.exporting.source import Document, Operation, Source, operations, without_empty

_PARAMETER_KINDS = {"header": "REQUEST_HEADER", "path": "PATH_PARAMETER", "query": "QUERY_PARAMETER"}


class Common:
    """One export under way; `models_at` is where schemas stand in the document."""

    def __init__(self, source: Source, extensions: Extensions, models_at: str) -> None:
        self.source = source
        self.extensions = extensions
        self.documentation = source.documentation
        self.models = Models(source, models_at)
        self.security = security(source, extensions)
        self._validators = validator_names(source)

    def paths(self, write: Callable[[Operation], Document]) -> Document:
        """Path items by path, in order; a resource without methods has none."""
        paths: Document = {}
        for operation in operations(self.source):
            paths.setdefault(operation.path, {})[operation.member] = write(operation)
        return paths

    def about(self, operation: Operation, kind: str, name: str | None = None, status: str = "*") -> Document:
        """What the documentation says of an operation or of a part of it."""
        return self.documentation.of(kind, name, path=operation.path, method=operation.verb, status=status)

    def parameter(self, operation: Operation, place: str, name: str) -> Document:
        """A parameter's first members, with what is said about it."""
        return {"name": name, "in": place, **self.about(operation, _PARAMETER_KINDS[place], name)}

    def description(self, operation: Operation, status: str) -> Document:
        """A response's description, and what else is said about it."""
        return {"description": f"{status} response", **self.about(operation, "RESPONSE", status=status)}

    def header(self, operation: Operation, status: str, name: str) -> Document:
        return self.about(operation, "RESPONSE_HEADER", name, status)

    def tail(self, operation: Operation) -> Document:
        """An operation's last members: who may call it, what is validated, where it goes."""
        validator = operation.method.get("requestValidatorId", "")
        asked = self.extensions
        return without_empty(
            {
                "security": self.security.of(operation),
                "x-amazon-apigateway-request-validator": self._validators.get(validator)
                if asked.everything
                else None,
                "x-amazon-apigateway-integration": integration_extension(operation)
                if asked.integrations
                else None,
            }
        )
