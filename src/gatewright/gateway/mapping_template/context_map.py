"""`$context`: a map whose entries are computed when a template reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gatewright.gateway.context import IDENTITY, compile_context, epoch_milliseconds, identity
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.mapping_template.overrides import Overrides
from gatewright.vtl import MapValue

# In the order recorded from the real service; a variable without a value has no key.
_KEYS = (
    "resourceId",
    "authorizer",
    "resourcePath",
    "operationName",
    "httpMethod",
    "extendedRequestId",
    "requestTime",
    "path",
    "accountId",
    "protocol",
    "requestOverride",
    "stage",
    "domainPrefix",
    "requestTimeEpoch",
    "requestId",
    "identity",
    "domainName",
    "deploymentId",
    "responseOverride",
    "apiId",
    "awsEndpointRequestId",
    "isCanaryRequest",
)
_MAPS = frozenset(("authorizer", "identity", "requestOverride", "responseOverride"))
_VALUES: Mapping[str, Callable[[Exchange], object]] = {
    **{name: compile_context(name) for name in _KEYS if name not in _MAPS},
    "requestTimeEpoch": epoch_milliseconds,
    "isCanaryRequest": lambda exchange: exchange.stage.is_canary,  # so that `#if` tells false from true
}


class ContextMap(MapValue):
    """Read-only but for the two override maps."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def keys(self) -> Iterator[str]:
        return (name for name in _KEYS if self.get(name) is not None)

    def get(self, name: str) -> object:
        exchange = self._exchange
        read = _VALUES.get(name)
        if read is not None:
            return read(exchange)
        if name in ("requestOverride", "responseOverride"):
            overrides = exchange.overrides
            if overrides is None:
                overrides = exchange.overrides = Overrides()
            return overrides.request if name == "requestOverride" else overrides.response
        if name == "authorizer":
            return None if exchange.authorizer is None else AuthorizerMap(exchange.authorizer)
        return IdentityMap(exchange) if name == "identity" else None

    def text(self) -> str:
        return ""


class AuthorizerMap(MapValue):
    """`$context.authorizer`, and the maps in it: what an authorizer said of the caller."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def keys(self) -> Iterator[str]:
        return iter(self._members)

    def get(self, name: str) -> object:
        found = self._members.get(name)
        return AuthorizerMap(found) if isinstance(found, Mapping) else found

    def text(self) -> str:
        return ""


class IdentityMap(MapValue):
    """`$context.identity`: every key is there, with a value or without."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def keys(self) -> Iterator[str]:
        return iter(identity(self._exchange))

    def get(self, name: str) -> object:
        read = IDENTITY.get(name)
        return self._exchange.identity.get(name) if read is None else read(self._exchange)

    def text(self) -> str:
        return ""
