"""The templates of gateway responses: not Velocity, only variables that are replaced by their values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gatewright.gateway.exchange import Exchange
from gatewright.gateway.request_values import Read, compile_source

TEMPLATE_BYTES = 300 * 1024  # as for mapping templates
_VARIABLE = re.compile(
    r"\$(\{)?("
    r"context(?:\.[A-Za-z0-9_]+)+"
    r"|stageVariables\.[A-Za-z0-9_]+"
    r"|method\.request\.(?:header|path|querystring)\.[A-Za-z0-9_](?:[A-Za-z0-9._$-]*[A-Za-z0-9_])?"
    r")(?(1)\})"
)


class GatewayResponseTemplate:
    """One template, compiled to literal pieces and the values between them."""

    __slots__ = ("_pieces",)

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        """Raises ValueError for a template over its bound."""
        size = len(text.encode())
        if size > TEMPLATE_BYTES:
            raise ValueError(f"the template has {size} bytes; at most {TEMPLATE_BYTES} are allowed")
        self._pieces: list[str | Read] = []
        end = 0
        for match in _VARIABLE.finditer(text):
            self._pieces.append(text[end : match.start()])
            source = compile_source(match[2], variables)
            self._pieces.append((source.constant or "") if source.read is None else source.read)
            end = match.end()
        self._pieces.append(text[end:])

    def render(self, exchange: Exchange) -> bytes:
        """A variable without a value renders as nothing."""
        return "".join(
            [piece if isinstance(piece, str) else _text(piece, exchange) for piece in self._pieces]
        ).encode()


def _text(read: Read, exchange: Exchange) -> str:
    value = read(exchange)
    if value is None:
        return ""
    return value if isinstance(value, str) else ",".join(value)
