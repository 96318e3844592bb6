"""A method's authorization becomes the authorizer that enforces it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.method_request.admission import Authorizer
from gatewright.gateway.method_request.authorizers.iam import IamAuthorizer
from gatewright.gateway.method_request.authorizers.lambda_compile import make_request, make_token
from gatewright.gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the authorizers of one stage share."""

    api_id: str
    stage: str
    lane: str  # the stage, or its canary: what one was told is not for the other, whose variables differ
    deployment_id: str
    flush_generation: int  # grows when the stage's cached policies are to be forgotten
    partition: Partition
    variables: Mapping[str, str]
    settings: GatewaySettings


# (the method, its authorizer's document) -> what enforces it; raises ValueError with the reason it cannot be.
Make = Callable[[Surroundings, Document, Document], Authorizer]


# Verifying tokens takes a large library, which only nodes with such authorizers load.
def _cognito(surroundings: Surroundings, method: Document, authorizer: Document) -> Authorizer:
    from gatewright.gateway.method_request.authorizers.cognito import compile_cognito

    return compile_cognito(surroundings, method, authorizer)


def _jwt(surroundings: Surroundings, method: Document, authorizer: Document) -> Authorizer:
    from gatewright.gateway.method_request.authorizers.jwt import compile_jwt

    return compile_jwt(surroundings, method, authorizer)


BY_TYPE: Mapping[str, Make] = {
    "COGNITO_USER_POOLS": _cognito,
    "JWT": _jwt,
    "REQUEST": make_request,
    "TOKEN": make_token,
}


def compile_authorizer(
    surroundings: Surroundings, method: Document, authorizers: Mapping[str, Document]
) -> Authorizer | None:
    """None for a method open to all. Raises ValueError with the reason why it cannot be enforced."""
    kind = method.get("authorizationType", "NONE")
    if kind == "NONE":
        return None
    if kind == "AWS_IAM":
        return IamAuthorizer()
    authorizer_id = method.get("authorizerId")
    document = authorizers.get(authorizer_id or "")
    if document is None:
        raise ValueError(f"authorizationType {kind}: there is no authorizer {authorizer_id}")
    make = BY_TYPE.get(document["type"])
    if make is None:
        raise ValueError(f"authorizer {document['name']}: type {document['type']} is not enforced yet")
    return make(surroundings, method, document)
