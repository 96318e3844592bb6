"""Heads of answers that were read before: no answer may come out different for it."""

from __future__ import annotations

import pytest
from tests.unit.wire.conftest import OK, Run, Script, ask, backend, pool_to
from tests.unit.wire.test_client import ANSWERS

from gatewright.wire.answer import Answer
from gatewright.wire.known_heads import KnownHeads

KEPT = {name: (sent, status, body) for name, (sent, status, body, kept) in ANSWERS.items() if kept}
HEAD_OF_OK = OK[:-2]
KNOWN: Script = [1, OK, 1, OK]  # what is said twice is remembered


@pytest.mark.parametrize(("sent", "status", "body"), KEPT.values(), ids=KEPT)
def test_equal_answers_one_after_the_other(run: Run, sent: bytes, status: int, body: bytes) -> None:
    script: Script = [1, sent, 1, sent, 1, sent, 1, sent, 1, OK]

    async def scenario() -> None:
        async with backend(script) as playing, pool_to(playing) as pool:
            first, *later = [await ask(pool) for _ in range(4)]
            for one in later:
                assert (one.status, one.body, one.fields) == (status, body, first.fields)
            assert (await ask(pool)).body == b"ok"
            assert playing.connections == 1

    run(scenario())


BEHIND: dict[str, tuple[Script, bytes]] = {
    "another body": ([1, HEAD_OF_OK + b"no", 1, OK], b"no"),
    "a body that comes later": ([1, HEAD_OF_OK, b"o", b"k", 1, OK], b"ok"),
    "a head in two pieces": ([1, OK[:9], OK[9:], 1, OK], b"ok"),
    "an interim answer before": ([1, b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 1, OK], b"ok"),
}


@pytest.mark.parametrize(("script", "body"), BEHIND.values(), ids=BEHIND)
def test_a_known_head_and(run: Run, script: Script, body: bytes) -> None:
    async def scenario() -> None:
        async with backend([*KNOWN, *script]) as playing, pool_to(playing) as pool:
            assert [(await ask(pool)).body for _ in range(2)] == [b"ok"] * 2
            assert (await ask(pool)).body == body
            assert (await ask(pool)).body == b"ok"
            assert playing.connections == 1

    run(scenario())


@pytest.mark.parametrize("behind", [b"more", OK], ids=["bytes", "an answer"])
def test_what_follows_a_known_answer_ends_the_connection(run: Run, behind: bytes) -> None:
    async def scenario() -> None:
        async with backend([*KNOWN, 1, OK + behind], [1, OK]) as playing, pool_to(playing) as pool:
            assert [(await ask(pool)).body for _ in range(4)] == [b"ok"] * 4
            assert playing.connections == 2

    run(scenario())


def test_a_known_head_in_answer_to_head(run: Run) -> None:
    none = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    script: Script = [1, none, 1, none, 1, none, *KNOWN, 1, HEAD_OF_OK, 1, OK]

    async def scenario() -> None:
        async with backend(script) as playing, pool_to(playing) as pool:
            for method in ("GET", "GET", "HEAD"):
                assert (await ask(pool, method)).body == b""
            for method, body in (("GET", b"ok"), ("GET", b"ok"), ("HEAD", b""), ("GET", b"ok")):
                assert (await ask(pool, method)).body == body
            assert playing.connections == 1

    run(scenario())


def test_the_memory_is_bounded() -> None:
    heads = KnownHeads()
    for number in range(10_000):
        heads.learn(b"HTTP/1.1 200 OK\r\nX: %d\r\n\r\n" % number, Answer(200, [], b""))
    heads.learn(b"HTTP/1.1 200 OK\r\nX: %b\r\n\r\n" % (b"x" * 10_000), Answer(200, [], b""))
    assert 0 < len(heads) <= 256
    assert max(map(len, heads)) <= 1024
