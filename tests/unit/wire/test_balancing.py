"""Calls to a group: whose turn it is, who is out, and what is never sent twice."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.wire.conftest import HEAD, OK, Run, answer, backend, listening_socket

from gatewright.wire.balancing import Balancer
from gatewright.wire.client import (
    Answer,
    Balanced,
    Client,
    ClientLimits,
    ConnectFailed,
    ConnectionLost,
    Target,
    TargetGroup,
)
from gatewright.wire.pending import Pending, drive
from gatewright.wire.target_group import HealthCheck

SELDOM = HealthCheck(interval=300.0)  # the first check is all there is
OFTEN = HealthCheck(interval=0.02, timeout=5.0, healthy=1, unhealthy=1)


@asynccontextmanager
async def group(
    *ports: int, check: HealthCheck = SELDOM, limits: ClientLimits | None = None
) -> AsyncIterator[tuple[Client, Balanced]]:
    client = Client(asyncio.get_running_loop(), limits=limits)
    addresses = tuple(("127.0.0.1", port) for port in ports)
    target = Target("http", "shop.internal", 80, group=TargetGroup("the group", addresses, check))
    sender = client.sender(target)
    assert isinstance(sender, Balanced)
    try:
        yield client, sender
    finally:
        await client.close()


async def ask(sender: Balanced, method: str = "GET") -> bytes:
    done: Pending[Answer] = Pending()

    async def call() -> None:
        try:
            done.resolve(await sender.send(HEAD, timeout=5.0, method=method))
        except Exception as error:
            done.fail(error)

    drive(call(), lambda _: None)
    return (await answer(done)).body


def closed_port() -> int:
    with listening_socket() as sock:
        port: int = sock.getsockname()[1]
    return port


def balancer_of(client: Client) -> Balancer:
    (balancer,) = client._balancers.values()
    return balancer


def test_equal_groups_are_one_and_equal_targets_share_connections(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK] * 4) as playing, group(playing.port) as (client, sender):
            again = TargetGroup("the group", (("127.0.0.1", playing.port),), HealthCheck(interval=300.0))
            assert client.sender(Target("http", "shop.internal", 80, group=again)) is sender
            assert [await ask(sender) for _ in range(2)] == [b"ok", b"ok"]
            assert playing.connections == 1  # a lone target is not checked either

    run(scenario())


def test_one_that_refuses_is_out_and_nobody_waits_for_it_again(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK] * 9) as playing, group(closed_port(), playing.port) as (client, sender):
            tried: list[tuple[str, str]] = []
            told = sender.told(lambda name, member: tried.append((name, member)))
            assert [await ask(told, "POST") for _ in range(6)] == [b"ok"] * 6
            assert [member.in_use for member in balancer_of(client).members] == [False, True]
            names = [member for _, member in tried]
            assert len(names) <= 7
            assert set(names[-5:]) == {f"127.0.0.1:{playing.port}"}
            assert {name for name, _ in tried} == {"the group"}

    run(scenario())


def test_what_was_sent_is_not_sent_to_another(run: Run) -> None:
    async def scenario() -> None:
        async with (
            backend([1, None]) as dying,
            backend([1, None]) as other,
            group(dying.port, other.port) as (_, sender),
        ):
            with pytest.raises(ConnectionLost):
                await ask(sender, "POST")
            assert len(dying.heads) + len(other.heads) == 1

    run(scenario())


def test_when_all_refuse_each_is_tried_once_and_named(run: Run) -> None:
    async def scenario() -> None:
        first, second = closed_port(), closed_port()
        async with group(first, second) as (_, sender):
            for _ in range(2):  # those that are out are tried too, where there are no others
                with pytest.raises(ConnectFailed) as refused:
                    await ask(sender)
                message = str(refused.value)
                assert message.startswith("no target of the group takes a connection: ")
                assert message.count(f"127.0.0.1:{first} ") == message.count(f"127.0.0.1:{second} ") == 1

    run(scenario())


def test_a_name_that_does_not_resolve_is_one_that_refuses(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK]) as playing, group(playing.port) as (client, _):
            places = (("nowhere.invalid", 80), ("127.0.0.1", playing.port))
            found = client.sender(Target("http", "a", 80, group=TargetGroup("g", places, SELDOM)))
            assert isinstance(found, Balanced)
            assert await ask(found) == b"ok"

    run(scenario())


def test_as_many_calls_as_may_wait_put_nobody_out(run: Run) -> None:
    async def scenario() -> None:
        limits = ClientLimits(waiting=0)
        async with group(closed_port(), closed_port(), limits=limits) as (client, sender):
            with pytest.raises(ConnectFailed, match="calls wait for a connection"):
                await ask(sender)
            assert all(member.in_use for member in balancer_of(client).members)

    run(scenario())


def test_checks_take_a_target_out_and_bring_it_back(run: Run) -> None:
    async def scenario() -> None:
        port = closed_port()
        async with backend([1]) as other, group(port, other.port, check=OFTEN) as (client, _):
            first = balancer_of(client).members[0]
            while first.in_use:
                await asyncio.sleep(0)
            with socket.create_server(("127.0.0.1", port)):
                while not first.in_use:
                    await asyncio.sleep(0)

    run(scenario())


def test_a_target_goes_and_comes_back_at_its_thresholds(run: Run) -> None:
    async def scenario() -> None:
        check = HealthCheck(interval=300.0, healthy=3, unhealthy=2)
        async with backend([1]) as other, group(closed_port(), other.port, check=check) as (client, _):
            balancer = balancer_of(client)
            member = balancer.members[1]

            def seen(*checks: str) -> list[bool]:
                found = []
                for result in checks:
                    if result == "passed":
                        balancer.passed(member)
                    elif result == "failed":
                        balancer.failed(member, "not well")
                    else:
                        balancer.refused(member, "refused")
                    found.append(member.in_use)
                return found

            assert seen("failed", "passed", "failed", "failed") == [True, True, True, False]
            assert seen("passed", "passed", "failed", "passed", "passed", "passed") == [False] * 5 + [True]
            assert seen("refused", "passed", "passed") == [False] * 3
            assert seen("refused", "passed", "passed", "passed") == [False] * 3 + [True]

    run(scenario())


def test_targets_that_are_in_use_take_turns(run: Run) -> None:
    async def scenario() -> None:
        async with group(closed_port(), closed_port(), closed_port()) as (client, _):
            balancer = balancer_of(client)
            turns = [balancer.next(()) for _ in range(6)]
            assert turns[:3] == turns[3:]
            assert set(turns) == set(balancer.members)

    run(scenario())


WELL = b"HTTP/1.1 399 Well\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (WELL, None),
        (b"HTTP/1.1 199 Soon\r\n\r\n", "its health check failed: /up answered HTTP/1.1 199 Soon"),
        (b"HTTP/1.1 400 Bad\r\n\r\n", "its health check failed: /up answered HTTP/1.1 400 Bad"),
        (b"SSH-2.0\r\n", "its health check failed: /up answered SSH-2.0"),
        (b"x" * 10_000, "its health check failed: "),
    ],
)
def test_checks_over_tls_read_the_status_and_no_certificate(
    run: Run,
    server_tls: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
    says: bytes,
    reason: str | None,
) -> None:
    check = HealthCheck("HTTPS", "/up", interval=0.05, healthy=1, unhealthy=1)

    async def scenario() -> None:
        async with (
            backend([1, says, None], tls=server_tls) as playing,
            backend([1, WELL, None], tls=server_tls) as other,
            group(playing.port, other.port, check=check) as (client, _),
        ):
            first = balancer_of(client).members[0]
            while not (first.passed if reason is None else not first.in_use):
                await asyncio.sleep(0)
            assert playing.heads[0].startswith(b"GET /up HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % playing.port)

    run(scenario())
    assert (reason or "") in caplog.text
    assert bool(caplog.text) == bool(reason)


def test_a_target_that_says_nothing_fails_its_check(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    check = HealthCheck("HTTP", timeout=0.1, unhealthy=1)

    async def scenario() -> None:
        async with (
            backend([1]) as playing,
            backend([1, WELL, None]) as other,
            group(playing.port, other.port, check=check) as (client, _),
        ):
            first = balancer_of(client).members[0]
            while first.in_use:
                await asyncio.sleep(0)

    run(scenario())
    assert "its health check took longer than 0.1 s" in caplog.text
