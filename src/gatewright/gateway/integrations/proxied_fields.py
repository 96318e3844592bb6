"""HTTP_PROXY's header fields, both ways, in one pass each: this is the busiest loop of the data plane.

What becomes of a name is remembered by its spelling, so that a field costs one look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from gatewright.gateway import header_rules
from gatewright.gateway.exchange import Exchange
from gatewright.wire.client import Answer
from gatewright.wire.types import Field, render_fields

T = TypeVar("T")

REMEMBERED = 4096  # spellings; names come from strangers, so the memory is bounded
REMEMBERED_ANSWERS = 256  # heads, which the wire keeps apart for us: as many as it remembers itself


class Kind(Enum):
    """What else an answer's field means to the proxy."""

    CONTENT_TYPE = 1
    CONTENT_ENCODING = 2


class Rule(NamedTuple):
    """`start` is the line's beginning, `Name: `, as it goes on; None for a field that does not."""

    start: bytes | None
    kind: Kind | None


class _BySpelling(dict[bytes, T], Generic[T]):
    """What `make` says of a spelling, asked when it is first met."""

    def __init__(self, make: Callable[[bytes], T]) -> None:
        self._make = make

    def __missing__(self, name: bytes) -> T:
        made = self._make(name)
        if len(self) < REMEMBERED:
            self[name] = made
        return made


_ANSWER_KINDS = {b"content-type": Kind.CONTENT_TYPE, b"content-encoding": Kind.CONTENT_ENCODING}


def _request_start(name: bytes) -> bytes | None:
    lowered = name.lower()
    kept = lowered not in header_rules.NOT_KEPT and lowered not in header_rules.NOT_PROXIED
    return name + b": " if kept else None


def _answer_rule(name: bytes) -> Rule:
    lowered = name.lower()
    remapped = header_rules.RESPONSE_RULES["HTTP_PROXY"].get(lowered)
    kind = _ANSWER_KINDS.get(lowered)
    if remapped is None:
        return Rule(name + b": ", kind)
    return Rule(header_rules.REMAPPED + name + b": " if remapped else None, kind)


_request_starts = _BySpelling(_request_start)
_answer_rules = _BySpelling(_answer_rule)


def request_lines(exchange: Exchange, mapped: list[Field], host: bytes, user_agent: bytes) -> bytes:
    """The header lines for the backend, framing apart. A mapped field replaces any other of its name;
    repeated lines of one name become one, joined by commas."""
    request = exchange.request
    headers = request.headers
    lines: list[bytes] = []
    if headers.repeated:
        lines = _joined(headers.fields)
    else:
        for name, value in headers.fields:
            start = _request_starts[name]
            if start is not None:
                lines += (start, value, b"\r\n")
    if headers.get(b"accept") is None:
        lines.append(b"Accept: application/json\r\n")
    if headers.get(b"user-agent") is None:
        lines.append(b"User-Agent: %b\r\n" % user_agent)
    client = request.client.encode()
    lines.append(
        b"Host: %b\r\nX-Amzn-Trace-Id: %b\r\nX-Forwarded-For: %b\r\nX-Forwarded-Port: %d\r\n"
        b"X-Forwarded-Proto: %b\r\n"
        % (
            host,
            exchange.trace,
            client if headers.get(b"x-forwarded-for") is None else header_rules.forwarded_for(request),
            request.server_port,
            request.scheme.encode(),
        )
    )
    rendered = b"".join(lines)
    return _with_mapped(rendered, mapped) if mapped else rendered


def _joined(fields: list[Field]) -> list[bytes]:
    """The lines of `fields`, those of one name in one."""
    values: dict[bytes, tuple[bytes, list[bytes]]] = {}
    for name, value in fields:
        start = _request_starts[name]
        if start is not None:
            values.setdefault(name.lower(), (start, []))[1].append(value)
    return [b"%b%b\r\n" % (start, b",".join(several)) for start, several in values.values()]


def _with_mapped(rendered: bytes, mapped: list[Field]) -> bytes:
    replaced = {name.lower() for name, _ in mapped}
    kept = [
        line for line in rendered.splitlines(keepends=True) if line.partition(b":")[0].lower() not in replaced
    ]
    return b"".join(kept) + render_fields(mapped)


class AnswerFields(NamedTuple):
    """What the client gets of a backend's fields, on the wire, and what the proxy wants to know of them."""

    rendered: bytes
    content_type: bytes | None
    content_encoding: bytes | None


_known_answers: dict[bytes, AnswerFields] = {}


def answer_fields(answer: Answer) -> AnswerFields:
    """A backend's fields with the gateway's own names out of the way, and a Content-Type in any case."""
    if not answer.head:
        return _answer_fields(answer.fields)
    known = _known_answers.get(answer.head)
    if known is None:
        if len(_known_answers) >= REMEMBERED_ANSWERS:
            _known_answers.clear()
        known = _known_answers[answer.head] = _answer_fields(answer.fields)
    return known


def _answer_fields(fields: list[Field]) -> AnswerFields:
    lines: list[bytes] = []
    content_type = content_encoding = None
    for name, value in fields:
        start, kind = _answer_rules[name]
        if kind is not None:
            if kind is Kind.CONTENT_TYPE:
                content_type = value
            else:
                content_encoding = value
        if start is not None:
            lines += (start, value, b"\r\n")
    if content_type is None:
        lines.append(b"Content-Type: application/json\r\n")
    return AnswerFields(b"".join(lines), content_type, content_encoding)


def streamed_fields(fields: list[Field]) -> bytes:
    """The same of an answer that passes as it is: its coding is said, for nobody takes it off."""
    coding = [field for field in fields if field[0].lower() == b"content-encoding"]
    return _answer_fields(fields).rendered + render_fields(coding)
