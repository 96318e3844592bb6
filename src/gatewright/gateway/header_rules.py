"""What becomes of header fields on their way through the gateway: tables, and the functions that apply them.

Names in the tables are lower case: the rules hold in any case, and the spelling that was sent is kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from time import time

from gatewright.gateway.ids import new_trace_root
from gatewright.wire.types import Field, Request

REMOVED_ON_ENTRY = frozenset(
    (
        b"connection",
        b"content-length",
        b"content-md5",
        b"expect",
        b"max-forwards",
        b"proxy-authenticate",
        b"server",
        b"te",
        b"transfer-encoding",
        b"trailer",
        b"upgrade",
        b"www-authenticate",
    )
)
# What the gateway says itself; a client's own word on it would be a lie to the integration.
_REPLACED_ON_ENTRY = frozenset(
    (b"x-amzn-trace-id", b"x-forwarded-for", b"x-forwarded-port", b"x-forwarded-proto")
)
NOT_KEPT = REMOVED_ON_ENTRY | _REPLACED_ON_ENTRY
_SCHEMES = {"http": b"http", "https": b"https"}

# HTTP_PROXY forwards everything that entered but these.
NOT_PROXIED = frozenset(
    (b"content-encoding", b"host", b"via", b"x-amzn-apigateway-api-id", b"x-http-method-override")
)

_FRAMING = frozenset(("content-length", "transfer-encoding", "x-amzn-apigateway-api-id", "x-amzn-trace-id"))
_SIGNED = _FRAMING | {"authorization", "connection", "expect", "proxy-authenticate", "te"}
# Headers no request parameter may set: the request fails when one of them gets a value.
REQUEST_FORBIDDEN: Mapping[str, frozenset[str]] = {
    "AWS": _SIGNED,
    "AWS_PROXY": _SIGNED,
    "HTTP": _FRAMING,
    "HTTP_PROXY": _FRAMING,
    "MOCK": _FRAMING,
}

_NEVER_SENT = frozenset((b"expect", b"proxy-authenticate", b"te"))
# Headers that may be mapped and still never leave.
_DROPPED_AFTER_MAPPING: Mapping[str, frozenset[bytes]] = {
    "AWS": _NEVER_SENT | {b"referer"},
    "AWS_PROXY": _NEVER_SENT,
    "HTTP": _NEVER_SENT | {b"connection", b"via"},
    "HTTP_PROXY": _NEVER_SENT | {b"connection", b"via"},
    "MOCK": _NEVER_SENT,
}

REMAPPED = b"x-amzn-Remapped-"
_ALWAYS_REMAPPED = ("connection", "content-length", "date", "server")
_REMAPPED_BY_PROXIES = (
    *_ALWAYS_REMAPPED,
    "authorization",
    "content-md5",
    "max-forwards",
    "user-agent",
    "www-authenticate",
    "x-amzn-requestid",
)
_DROPPED_BY_PROXIES = (
    "expect",
    "host",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
)


def _rules(remapped: tuple[str, ...], dropped: tuple[str, ...]) -> dict[bytes, bool]:
    """By name: True is renamed, False is dropped, and what is not in the table passes."""
    return {name.encode(): True for name in remapped} | {name.encode(): False for name in dropped}


_MAPPED_RULES = _rules(
    (
        *_ALWAYS_REMAPPED,
        "authorization",
        "content-md5",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "trailer",
        "upgrade",
        "user-agent",
        "www-authenticate",
    ),
    ("transfer-encoding",),
)
RESPONSE_RULES: Mapping[str, dict[bytes, bool]] = {
    "AWS": _MAPPED_RULES,
    # The gateway puts its own trace id on a function's answer.
    "AWS_PROXY": _rules(_REMAPPED_BY_PROXIES, (*_DROPPED_BY_PROXIES, "x-amzn-trace-id")),
    "HTTP": _MAPPED_RULES,
    "HTTP_PROXY": _rules(_REMAPPED_BY_PROXIES, (*_DROPPED_BY_PROXIES, "content-encoding")),
    "MOCK": _MAPPED_RULES,
}


def entering(request: Request, trace: bytes) -> list[Field]:
    """The fields of a request as everything behind the front end sees them."""
    fields = []
    forwarded = request.client.encode("latin-1")
    for field in request.headers.fields:
        name = field[0].lower()
        if name not in NOT_KEPT:
            fields.append(field)
        elif name == b"x-forwarded-for":
            forwarded = forwarded_for(request)
    fields += (
        (b"X-Amzn-Trace-Id", trace),
        (b"X-Forwarded-For", forwarded),
        (b"X-Forwarded-Port", b"%d" % request.server_port),
        (b"X-Forwarded-Proto", _SCHEMES[request.scheme]),
    )
    return fields


def forwarded_for(request: Request) -> bytes:
    """The client's address after those that the client already lists."""
    sent = [value for value in request.headers.get_all(b"x-forwarded-for") if value]
    return b", ".join((*sent, request.client.encode("latin-1")))


def multi_values(fields: list[Field]) -> dict[str, list[str]]:
    """Every value, by the first spelling of its name."""
    values: dict[str, list[str]] = {}
    known: dict[bytes, list[str]] = {}
    for name, value in fields:
        lowered = name.lower()
        found = known.get(lowered)
        if found is None:
            known[lowered] = values[name.decode("latin-1")] = [text(value)]
        else:
            found.append(text(value))
    return values


def text(value: bytes) -> str:
    """A field value as text: UTF-8, and ISO 8859-1 where it is not."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def complete_trace(sent: bytes) -> bytes:
    """A client's X-Amzn-Trace-Id with what it lacks: a parent and the decision not to sample.

    One without a root says nothing and is replaced.
    """
    keys = {part.partition(b"=")[0].strip() for part in sent.split(b";")}
    if b"Root" not in keys:
        return new_trace_root(time())
    if b"Parent" not in keys:
        sent = b"%b;Parent=%b" % (sent, os.urandom(8).hex().encode())
    return sent if b"Sampled" in keys else sent + b";Sampled=0"


@lru_cache(maxsize=512)
def media_type(value: bytes) -> str:
    """`text/html` of `Text/HTML; charset=utf-8`."""
    return value.partition(b";")[0].strip().lower().decode("latin-1")


def illegal_target(integration_type: str, name: str) -> bool:
    """Whether a request parameter that sets header `name` fails the request."""
    return name.lower() in REQUEST_FORBIDDEN[integration_type]


def drop_after_mapping(integration_type: str) -> frozenset[bytes]:
    """Lower-case names of headers that never leave, though mapping them is no error."""
    return _DROPPED_AFTER_MAPPING[integration_type]


def respond(integration_type: str, fields: list[Field]) -> list[Field]:
    """A response's fields with the gateway's own names out of the way: some renamed, some dropped."""
    rules = RESPONSE_RULES[integration_type]
    answer = []
    for field in fields:
        remapped = rules.get(field[0].lower())
        if remapped is None:
            answer.append(field)
        elif remapped:
            answer.append((REMAPPED + field[0], field[1]))
    return answer
