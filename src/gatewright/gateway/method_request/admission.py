"""What a method asks before its requests are validated: who calls, with what key, how often.

    resource policy and authorizer → API key and usage plan → throttles

Each step either lets the exchange on or ends it with a GatewayError; one that cannot decide refuses.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gatewright.gateway.method_request.rates import Rates
from gatewright.gateway.method_request.resource_policy import ResourcePolicy

if TYPE_CHECKING:
    from gatewright.gateway.exchange import Exchange


class Authorizer(Protocol):
    """Decides who calls, and whether they may; also what the API's resource policy says of it, which depends
    on the kind of authorizer."""

    def passes(self, exchange: Exchange, policy: ResourcePolicy | None) -> bool:
        """Whether the exchange is let on by what is at hand, as by `authorize`; if not, `authorize` it.

        Raises as `authorize` does.
        """

    async def authorize(self, exchange: Exchange, policy: ResourcePolicy | None) -> None:
        """Let the exchange on, with what is known of the caller on it. Awaits only `Pending` values.

        Raises GatewayError 401, 403, or 500 where it cannot decide.
        """


@dataclass(frozen=True, slots=True)
class Admission:
    """One method's. A step that is not configured is None."""

    policy: ResourcePolicy | None
    authorizer: Authorizer | None
    rates: Rates | None

    def admit(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        """What has still to be waited for, None when the exchange is let on: usually all is at hand, and a
        coroutine costs. It awaits only `Pending` values. Both raise GatewayError."""
        if self.authorizer is not None:
            if not self.authorizer.passes(exchange, self.policy):
                return self._wait(exchange, self.authorizer)
        elif self.policy is not None:
            self.policy.admit(exchange)
        return None if self.rates is None or self.rates.passes(exchange) else self.rates.admit(exchange)

    async def _wait(self, exchange: Exchange, authorizer: Authorizer) -> None:
        await authorizer.authorize(exchange, self.policy)
        if self.rates is not None and not self.rates.passes(exchange):
            await self.rates.admit(exchange)

    async def authorize(self, exchange: Exchange) -> None:
        """Who calls, and whether they may: all of it that asks for no key and counts nothing."""
        if self.authorizer is not None:
            await self.authorizer.authorize(exchange, self.policy)
        elif self.policy is not None:
            self.policy.admit(exchange)
