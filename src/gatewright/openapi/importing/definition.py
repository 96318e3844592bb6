"""What a document defines: entities in AWS's shapes, as the operations that make them take them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

Members = dict[str, Any]

INVALID = "Invalid OpenAPI input."
MOST_MESSAGES = 1_000
MESSAGE_CHARACTERS = 2_000


class Refused(Exception):
    """The whole document is refused, in Amazon's words."""


def malformed(what: str, path: str) -> Refused:
    """Recorded of integrations; whatever else has the wrong structure is refused in the same form."""
    return Refused(f"Unable to parse API definition because of a malformed {what} at path {path}.")


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a document, and what the API it goes to has already."""

    api: str  # references between models name the API
    base_path: str = "ignore"  # or prepend, split
    documentation: bool = True
    strict: bool = False  # refuse OpenAPI 3.1, as Amazon does
    models: Collection[str] = ()  # names that stay, so that the document may refer to them
    validators: Collection[str] = ()


@dataclass(slots=True)
class Method:
    """A method with everything that is put on it."""

    path: str
    verb: str
    members: Members = field(default_factory=dict)  # PutMethod's, but for what is told by its name:
    authorizer: str | None = None
    validator: str | None = None
    responses: list[Members] = field(default_factory=list)  # PutMethodResponse's
    integration: Members | None = None  # PutIntegration's
    integration_responses: list[Members] = field(default_factory=list)  # PutIntegrationResponse's


@dataclass(slots=True)
class Definition:
    """Everything in the order of the document. With `errors` nothing may be applied."""

    name: str | None = None
    description: str | None = None
    version: str | None = None
    settings: Members = field(default_factory=dict)  # CreateRestApi's; the policy is an object
    endpoint: Members = field(
        default_factory=dict
    )  # disableExecuteApiEndpoint, vpcEndpointIds, ipAddressType
    models: list[Members] = field(default_factory=list)  # CreateModel's
    validators: list[Members] = field(default_factory=list)  # CreateRequestValidator's
    authorizers: list[Members] = field(default_factory=list)  # CreateAuthorizer's
    gateway_responses: list[Members] = field(default_factory=list)  # PutGatewayResponse's
    documentation_parts: list[Members] = field(default_factory=list)  # CreateDocumentationPart's
    paths: list[str] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)  # in order; each thing is told once
    errors: dict[str, None] = field(default_factory=dict)

    def warn(self, text: str) -> None:
        _tell(self.warnings, text)

    def fail(self, text: str) -> None:
        _tell(self.errors, text)


def _tell(told: dict[str, None], text: str) -> None:
    if len(told) < MOST_MESSAGES:
        told[text[:MESSAGE_CHARACTERS]] = None
