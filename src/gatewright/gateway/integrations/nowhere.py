"""An integration that a stage's variables lead nowhere."""

from __future__ import annotations

from gatewright.gateway.errors import configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.plan import MethodResponse


class Nowhere:
    """Every request fails, as at Amazon; why is for the owner."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def run(self, exchange: Exchange) -> MethodResponse:
        raise configuration_error("Invalid endpoint address", detail=self._reason)
