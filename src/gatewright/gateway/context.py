"""`$context`: what an exchange knows of itself, by the names of the API Gateway developer guide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from time import gmtime
from typing import Any

import orjson

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.jwt_claims import in_event
from gatewright.gateway.plan import MethodPlan

Reader = Callable[[Exchange], str | None]

API_KEY = ("apiKey", "apiKeyId")  # members of `$context.identity` that methods with an API key add
PROTOCOL = "HTTP/1.1"  # whatever the client speaks
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def compile_context(name: str) -> Reader:
    """The reader of `context.⟨name⟩`; a variable that does not exist reads as None."""
    if name.startswith("authorizer."):
        return _of_authorizer(name.removeprefix("authorizer.").split("."))
    return _READERS.get(name, _absent)


def _of_authorizer(path: list[str]) -> Reader:
    """`principalId`, a key of a Lambda authorizer's context, or `claims.⟨claim⟩`."""

    def read(exchange: Exchange) -> str | None:
        found: Any = exchange.authorizer
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return None if found is None or isinstance(found, Mapping) else str(found)

    return read


def request_context(exchange: Exchange) -> dict[str, Any]:
    """`requestContext` of a Lambda proxy event, its keys in the order of real events."""
    stage, method = exchange.stage, exchange.method
    context: dict[str, Any] = {"resourceId": method and method.resource_id}
    if exchange.authorizer is not None:
        context["authorizer"] = in_event(exchange.authorizer)
    context["resourcePath"] = method and method.resource_path
    if method is not None and method.operation_name is not None:
        context["operationName"] = method.operation_name
    context |= {
        "httpMethod": exchange.verb,
        "extendedRequestId": exchange.extended_request_id.decode(),
        "requestTime": request_time(int(exchange.request.received)),
        "path": exchange.context_path,
        "accountId": stage.account,
        "protocol": PROTOCOL,
        "stage": stage.name,
        "domainPrefix": _domain_prefix(exchange),
        "requestTimeEpoch": epoch_milliseconds(exchange),
        "requestId": exchange.request_id.decode(),
        "identity": identity(exchange),
        "domainName": exchange.domain,
        "deploymentId": stage.deployment_id,
        "apiId": stage.api_id,
    }
    if stage.is_canary is not None:
        context["isCanaryRequest"] = stage.is_canary
    return context


def identity(exchange: Exchange) -> dict[str, str | None]:
    """`identity` of an event; the API key is there only where there is one."""
    known = exchange.identity
    members = {name: read(exchange) for name, read in IDENTITY.items()}
    return members | {name: known[name] for name in API_KEY if name in known}


@lru_cache(maxsize=8)
def request_time(second: int) -> str:
    """`27/Oct/2023:13:40:57 +0000` for an epoch second."""
    now = gmtime(second)
    month = _MONTHS[now.tm_mon - 1]
    return f"{now.tm_mday:02}/{month}/{now.tm_year}:{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02} +0000"


def epoch_milliseconds(exchange: Exchange) -> int:
    return int(exchange.request.received * 1000)


def _domain_prefix(exchange: Exchange) -> str:
    return exchange.domain.partition(".")[0]


def _user_agent(exchange: Exchange) -> str | None:
    value = exchange.request.headers.get(b"user-agent")
    return None if value is None else value.decode("latin-1")


def _is_canary(exchange: Exchange) -> str | None:
    is_canary = exchange.stage.is_canary
    return None if is_canary is None else str(is_canary).lower()


def _absent(_exchange: Exchange) -> None:
    return None


def _of_method(read: Callable[[MethodPlan], str | None]) -> Reader:
    """A reader of the method; None for a request that met none."""
    return lambda exchange: None if exchange.method is None else read(exchange.method)


def _of_failure(read: Callable[[GatewayError], str | None]) -> Reader:
    """A reader of why the exchange failed; None while it has not."""
    return lambda exchange: None if exchange.failure is None else read(exchange.failure)


def _known(name: str) -> Reader:
    """A member of the caller's identity; None for a caller of whom it is not known."""
    return lambda exchange: exchange.identity.get(name)


IDENTITY: Mapping[str, Reader] = {
    "cognitoIdentityPoolId": _known("cognitoIdentityPoolId"),
    "accountId": _known("accountId"),
    "cognitoIdentityId": _known("cognitoIdentityId"),
    "caller": _known("caller"),
    "sourceIp": lambda exchange: exchange.request.client,
    "principalOrgId": _known("principalOrgId"),
    "accessKey": _known("accessKey"),
    "cognitoAuthenticationType": _known("cognitoAuthenticationType"),
    "cognitoAuthenticationProvider": _known("cognitoAuthenticationProvider"),
    "userArn": _known("userArn"),
    "userAgent": _user_agent,
    "user": _known("user"),
}
"""`$context.identity`: every key is there, with a value or without, in the order of real events."""

_READERS: Mapping[str, Reader] = {
    "accountId": lambda exchange: exchange.stage.account,
    "apiId": lambda exchange: exchange.stage.api_id,
    "awsEndpointRequestId": lambda exchange: exchange.endpoint_request_id,
    "deploymentId": lambda exchange: exchange.stage.deployment_id,
    "domainName": lambda exchange: exchange.domain,
    "domainPrefix": _domain_prefix,
    "error.message": _of_failure(lambda error: error.message),
    "error.messageString": _of_failure(lambda error: orjson.dumps(error.message).decode()),
    "error.responseType": _of_failure(lambda error: error.type.name),
    "error.validationErrorString": _of_failure(lambda error: error.validation),
    "extendedRequestId": lambda exchange: exchange.extended_request_id.decode(),
    "httpMethod": lambda exchange: exchange.verb,
    **{f"identity.{name}": read for name, read in IDENTITY.items()},
    **{f"identity.{name}": _known(name) for name in API_KEY},
    "isCanaryRequest": _is_canary,
    "operationName": _of_method(lambda method: method.operation_name),
    "path": lambda exchange: exchange.context_path,
    "protocol": lambda _exchange: PROTOCOL,
    "requestId": lambda exchange: exchange.request_id.decode(),
    "requestTime": lambda exchange: request_time(int(exchange.request.received)),
    "requestTimeEpoch": lambda exchange: str(epoch_milliseconds(exchange)),
    "resourceId": _of_method(lambda method: method.resource_id),
    "resourcePath": _of_method(lambda method: method.resource_path),
    "stage": lambda exchange: exchange.stage.name,
}
