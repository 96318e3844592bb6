"""Exchanges let on, or refused, as the pipeline does it."""

from __future__ import annotations

from tests.support.coroutines import answer

from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.admission import Admission, Authorizer
from gatewright.gateway.method_request.resource_policy import ResourcePolicy


def let_on(authorizer: Authorizer, exchange: Exchange, policy: ResourcePolicy | None = None) -> None:
    """Raises GatewayError."""
    waiting = Admission(policy, authorizer, None).admit(exchange)
    if waiting is not None:
        answer(waiting)
