"""What is exported: a snapshot as a stage serves it, with the documentation published for the stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gatewright.openapi.exporting.documentation import Documentation, no_documentation

Document = dict[str, Any]

ANY_METHOD = "x-amazon-apigateway-any-method"


class CannotExport(ValueError):
    """The API cannot be told in the form that was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """`snapshot` is the deployment's, as the catalog holds it; `created` its time in epoch seconds."""

    snapshot: Document
    stage: str
    region: str
    created: int
    documentation: Documentation = field(default_factory=no_documentation)

    @property
    def rest_api(self) -> Document:
        api: Document = self.snapshot["restApi"]
        return api

    @property
    def host(self) -> str:
        return f"{self.rest_api['id']}.execute-api.{self.region}.amazonaws.com"

    @property
    def endpoint_disabled(self) -> bool:
        return bool(self.rest_api.get("disableExecuteApiEndpoint"))

    @property
    def info(self) -> Document:
        """Description, version and title, in this order: the API's own, under what its documentation says."""
        api = self.rest_api
        own = {
            "description": api.get("description"),
            "version": api.get("version") or iso(self.created),
            "title": api["name"],
        }
        return without_empty({**own, **self.documentation.info()})


@dataclass(frozen=True, slots=True)
class Operation:
    """One method with its place."""

    path: str
    resource: str  # the resource's id
    method: Document

    @property
    def verb(self) -> str:
        return str(self.method["httpMethod"])

    @property
    def member(self) -> str:
        """The member of its path item that it stands in."""
        return ANY_METHOD if self.verb == "ANY" else self.verb.lower()

    @property
    def integration(self) -> Document:
        integration: Document = self.method["methodIntegration"]
        return integration

    @property
    def parameters(self) -> Iterator[tuple[str, str, bool]]:
        """Each declared parameter as (`header`, `path` or `query`; its name; whether it is required)."""
        for key, required in sorted(self.method.get("requestParameters", {}).items()):
            _, _, place, name = key.split(".", 3)
            yield ("query" if place == "querystring" else place), name, required

    @property
    def responses(self) -> list[Document]:
        return [response for _, response in sorted(self.method.get("methodResponses", {}).items())]


def operations(source: Source) -> list[Operation]:
    """All methods, by path and verb."""
    found = [
        Operation(resource["path"], resource["id"], method)
        for resource in source.snapshot["resources"]
        for method in resource["resourceMethods"].values()
    ]
    return sorted(found, key=lambda operation: (operation.path, operation.verb))


def response_headers(response: Document) -> list[str]:
    """The names of the header fields a method response declares."""
    return sorted(
        key.removeprefix("method.response.header.") for key in response.get("responseParameters", {})
    )


def iso(seconds: int) -> str:
    """Epoch seconds as `YYYY-MM-DDTHH:MM:SSZ`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def without_empty(members: Document) -> Document:
    """The members that say something: no None, no empty map, list or text."""
    return {name: value for name, value in members.items() if value not in (None, "", {}, [])}
