"""What HTTP_PROXY makes of an answer's fields, and that it may remember it by the head they came in."""

from __future__ import annotations

from gatewright.gateway.integrations.proxied_fields import REMEMBERED_ANSWERS, answer_fields
from gatewright.wire.client import Answer
from gatewright.wire.types import Field

FIELDS: list[Field] = [(b"Server", b"s"), (b"Via", b"v"), (b"X-a", b"1"), (b"Content-Encoding", b"gzip")]
LINES = b"x-amzn-Remapped-Server: s\r\nX-a: 1\r\nContent-Type: application/json\r\n"


def test_an_answer_without_a_head_is_read() -> None:
    assert answer_fields(Answer(200, FIELDS, b"")) == (LINES, None, b"gzip")
    assert answer_fields(Answer(200, [(b"content-type", b"a/b")], b"")).content_type == b"a/b"


def test_heads_are_told_apart() -> None:
    for _ in range(2):
        for number in range(2 * REMEMBERED_ANSWERS):
            fields = [(b"Content-Type", b"a/%d" % number)]
            found = answer_fields(Answer(200, fields, b"", b"head %d" % number))
            assert found == (b"Content-Type: a/%d\r\n" % number, b"a/%d" % number, None)
