"""TOKEN and REQUEST authorizers from their documents.

https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatewright.catalog.api import Document
from gatewright.functions.api import FunctionName
from gatewright.gateway.integrations.function_uri import function_of
from gatewright.gateway.integrations.invoker import CALLER
from gatewright.gateway.method_request.authorizers.authorizer_event import (
    MakeEvent,
    request_event,
    token_event,
)
from gatewright.gateway.method_request.authorizers.authorizer_function import AuthorizerFunction
from gatewright.gateway.method_request.authorizers.identity_sources import Identity, compile_identity
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer
from gatewright.gateway.method_request.authorizers.policy_cache import PolicyCache, policies_of
from gatewright.gateway.stage_variables import has_placeholder, substitute

if TYPE_CHECKING:
    from gatewright.gateway.method_request.authorizers.compile import Surroundings

DEFAULT_TTL, LONGEST_TTL = 300, 3600  # seconds


def make_token(surroundings: Surroundings, method: Document, document: Document) -> LambdaAuthorizer:
    """Raises ValueError with the reason why it cannot be enforced."""
    if not document.get("identitySource", "").startswith("method.request.header."):
        raise _refused(document, "identitySource of a TOKEN authorizer must be a method.request.header.…")
    return _made(surroundings, method, document, token_event, document.get("identityValidationExpression"))


def make_request(surroundings: Surroundings, method: Document, document: Document) -> LambdaAuthorizer:
    """Raises ValueError with the reason why it cannot be enforced."""
    return _made(surroundings, method, document, request_event, None)


def _made(
    surroundings: Surroundings, method: Document, document: Document, event: MakeEvent, expression: str | None
) -> LambdaAuthorizer:
    credentials = document.get("authorizerCredentials") or ""
    if credentials == CALLER:
        raise _refused(document, f"authorizerCredentials {CALLER} are nobody's yet: name a role")
    try:
        identity = compile_identity(document.get("identitySource"), expression, surroundings.variables)
        function = _function(surroundings, document["authorizerUri"])
    except ValueError as error:
        raise _refused(document, str(error)) from None
    return LambdaAuthorizer(
        id=document["id"],
        name=document["name"],
        kind=document["type"],
        identity=identity,
        event=event,
        function=AuthorizerFunction(
            function, _source_arn(surroundings, document), surroundings.partition.account, credentials
        ),
        cache=_cache(surroundings, document, identity),
        key_required=bool(method.get("apiKeyRequired")),
    )


def _function(surroundings: Surroundings, uri: str) -> FunctionName | None:
    """None where an unset stage variable leaves no function: requests then fail, as on AWS."""
    partition = surroundings.partition
    try:
        return function_of(substitute(uri, surroundings.variables), partition.account, partition.region)
    except ValueError:
        if has_placeholder(uri):
            return None
        raise


def _source_arn(surroundings: Surroundings, document: Document) -> str:
    partition = surroundings.partition
    where = f"{surroundings.api_id}/authorizers/{document['id']}"
    return f"arn:aws:execute-api:{partition.region}:{partition.account}:{where}"


def _cache(surroundings: Surroundings, document: Document, identity: Identity) -> PolicyCache | None:
    ttl = document.get("authorizerResultTtlInSeconds")
    ttl = DEFAULT_TTL if ttl is None else ttl
    if not 0 <= ttl <= LONGEST_TTL:
        raise _refused(document, f"authorizerResultTtlInSeconds {ttl} is not between 0 and {LONGEST_TTL}")
    if ttl == 0:
        return None
    if not identity.sources:
        raise _refused(document, "without an identitySource authorizerResultTtlInSeconds must be 0")
    flushed = str(surroundings.flush_generation)
    place = (surroundings.lane, surroundings.deployment_id, flushed, document["id"])
    return PolicyCache(policies_of(surroundings.api_id, surroundings.stage), place, ttl)


def _refused(document: Document, why: str) -> ValueError:
    return ValueError(f"authorizer {document['name']}: {why}")
