"""The events that ask a Lambda authorizer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from gatewright.gateway.context import request_context
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import mask_headers, mask_parameters, masked

Event = dict[str, Any]
MakeEvent = Callable[[Exchange, str, str], Event]  # (exchange, method ARN, token)

_HEADER, _PARAMETER = "method.request.header.", "method.request.querystring."


def token_event(_exchange: Exchange, method_arn: str, token: str) -> Event:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": method_arn}


def request_event(exchange: Exchange, method_arn: str, _token: str) -> Event:
    """As a proxy integration's, but without a body, and with `{}` where that has null."""
    method, query = exchange.method, exchange.query
    context = request_context(exchange)
    del context["deploymentId"]
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        "resource": method and method.resource_path,
        "path": exchange.path,
        "httpMethod": exchange.verb,
        "headers": exchange.headers,
        "multiValueHeaders": exchange.multi_headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": exchange.path_parameters,
        "stageVariables": exchange.stage.variables,
        "requestContext": context,
    }


def rendered(event: Event) -> bytes:
    return orjson.dumps(event, default=dict)


def shown_event(event: Event, identity: Mapping[str, str]) -> str:
    """The event as JSON for the owner to read, credentials masked: also those in `identity`, which are masked
    already, by their expressions."""
    if event["type"] == "TOKEN":
        return rendered(event | {"authorizationToken": masked(event["authorizationToken"])}).decode()
    headers = mask_headers(event["headers"]) | _named(identity, _HEADER, event["headers"])
    query = event["queryStringParameters"]
    query = mask_parameters(query) | _named(identity, _PARAMETER, query)
    caller = event["requestContext"]["identity"]
    if "apiKey" in caller:
        caller = caller | {"apiKey": masked(caller["apiKey"])}
    shown = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "requestContext": event["requestContext"] | {"identity": caller},
    }
    return rendered(event | shown).decode()


def _named(identity: Mapping[str, str], prefix: str, sent: Mapping[str, str]) -> dict[str, str]:
    """The masked values of those entries that are identity sources."""
    values = {
        name.removeprefix(prefix).lower(): value
        for name, value in identity.items()
        if name.startswith(prefix)
    }
    return {name: values[name.lower()] for name in sent if name.lower() in values}
