"""Authorizers compiled of documents, and exchanges that reach scripted functions and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.moved_clock import MovedClock, open_small
from tests.support.scripted_functions import ScriptedFunctions
from tests.unit.gateway.conftest import make_exchange

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.access import Access
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.method_request.authorizers.compile import Surroundings, compile_authorizer
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer, Told
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.usage_plans import ApiKey
from gatewright.state.api import State
from gatewright.wire.joined import Joined
from gatewright.wire.timers import TimerWheel

PARTITION = Partition("123456789012", "eu-west-1")
API = "a1b2c3d4e5"
ARN = f"arn:aws:execute-api:eu-west-1:123456789012:{API}"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:auth"
URI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations"


def described(kind: str = "TOKEN", **more: Any) -> Document:
    document = {"id": "aid123", "name": "auth", "type": kind, "authorizerUri": URI.format(FUNCTION)}
    source = {"identitySource": "method.request.header.Authorization"}
    return {name: value for name, value in {**document, **source, **more}.items() if value is not None}


def made(
    document: Document,
    *,
    stage: str = "dev",
    deployment: str = "d9q2wz",
    generation: int = 0,
    variables: dict[str, str] | None = None,
    **method: Any,
) -> LambdaAuthorizer:
    """The authorizer as the compiler makes it for one method."""
    surroundings = Surroundings(
        API, stage, stage, deployment, generation, PARTITION, variables or {}, GatewaySettings()
    )
    custom = {"authorizationType": "CUSTOM", "authorizerId": document["id"], **method}
    authorizer = compile_authorizer(surroundings, custom, {document["id"]: document})
    assert isinstance(authorizer, LambdaAuthorizer)
    return authorizer


def allowing(resource: str = "*", effect: str = "Allow", **more: Any) -> Document:
    """An answer with a policy of one statement."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": "user|a1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        **more,
    }


class ApiKeys:
    """Knows one key."""

    async def key(self, partition: Partition, value: str) -> ApiKey | None:
        return ApiKey("key123", True, ()) if value == "known-key-value" else None


class World:
    """What exchanges reach."""

    def __init__(self, state: State, loop: asyncio.AbstractEventLoop) -> None:
        self.functions = ScriptedFunctions(lambda event: None)
        self.state = state
        self.loop = loop
        self._timers = TimerWheel(loop)
        self._calls: Joined[Told] = Joined()

    def exchange(self, target: str = "/dev/pets", token: str | None = "Bearer abc", **more: Any) -> Exchange:
        sent = [] if token is None else [("Authorization", token)]
        exchange = make_exchange(target, headers=[*sent, *more.pop("headers", [])], **more)
        nothing = cast(Any, None)
        access = Access(self.state, cast(Any, ApiKeys()), nothing, nothing, nothing, self._calls)
        exchange.outside = Outside(nothing, self.functions, self._timers, 10_000, access)
        return exchange


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def world(tmp_path: Path, clock: MovedClock) -> Iterator[World]:
    state = open_small(tmp_path / "state", clock)
    loop = asyncio.new_event_loop()
    yield World(state, loop)
    loop.close()
    state.close()
