"""Text or binary: which bodies count as which, and the conversions between them."""

from __future__ import annotations

import binascii
from collections.abc import Iterable

from gatewright.gateway import header_rules
from gatewright.gateway.errors import API_CONFIGURATION_ERROR, INTERNAL, GatewayError
from gatewright.gateway.exchange import Exchange

TO_BINARY = "CONVERT_TO_BINARY"
TO_TEXT = "CONVERT_TO_TEXT"


class BinaryTypes:
    """An API's binaryMediaTypes: a wildcard counts on the right only (`image/*`), and `*/*` is every type."""

    __slots__ = ("_every", "_exact", "_prefixes", "none")

    def __init__(self, media_types: Iterable[str]) -> None:
        listed = [media_type.lower() for media_type in media_types]
        self.none = not listed
        self._every = "*/*" in listed
        self._exact = frozenset(listed)
        self._prefixes = tuple(one[:-1] for one in listed if one.endswith("/*") and one != "*/*")

    def request(self, exchange: Exchange) -> bool:
        """Whether the request's body is binary."""
        return not self.none and self._lists(exchange.media_type)

    def response(self, content_type: bytes | None) -> bool:
        """Whether a body that an integration sends with this Content-Type is binary."""
        if self.none or content_type is None:
            return self._every
        return self._lists(header_rules.media_type(content_type))

    def accepted(self, accept: bytes | None) -> bool:
        """Whether the client asks for binary: only the first entry of its Accept is looked at."""
        if self.none or accept is None:
            return self._every
        return self._lists(header_rules.media_type(accept.partition(b",")[0]))

    def _lists(self, media_type: str) -> bool:
        return self._every or media_type in self._exact or media_type.startswith(self._prefixes)


def convert_request(body: bytes, binary: bool, handling: str | None) -> str | bytes:
    """The client's body as templates and integrations get it: text, or bytes that no template may touch.

    Bytes that are no UTF-8 become U+FFFD in text. Raises GatewayError 500 for text that should be base64 and
    is not.
    """
    if binary:
        return binascii.b2a_base64(body, newline=False).decode() if handling == TO_TEXT else body
    if handling == TO_BINARY:
        return decode_base64(body)
    return body.decode("utf-8", "replace")


def convert_response(body: bytes, payload_binary: bool, accept_binary: bool, handling: str | None) -> bytes:
    """An integration's body as the client gets it. Raises GatewayError 500 like `convert_request`."""
    to_binary = handling == TO_BINARY or (handling is None and accept_binary)
    if payload_binary:
        return body if to_binary else binascii.b2a_base64(body, newline=False)
    return decode_base64(body, traced=True) if to_binary else as_text(body)


def as_text(body: bytes) -> bytes:
    """A body that counts as text: bytes that are no UTF-8 become U+FFFD."""
    if body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body


def decode_base64(text: bytes, *, traced: bool = False) -> bytes:
    """Strict: no white space, full padding. Raises GatewayError 500, `traced` once an integration ran."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise GatewayError(
            API_CONFIGURATION_ERROR, INTERNAL, reason="Unable to base64 decode the body.", traced=traced
        ) from None
