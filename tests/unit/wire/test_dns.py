"""Names are asked for once in a while, not for every connection."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.wire.conftest import OK, Clock, Run, ask, backend

from gatewright.wire.client import Client, ConnectFailed, Target
from gatewright.wire.dns import Dns, system_resolver
from gatewright.wire.upstream_errors import HostNotFound


class Names:
    """A resolver that counts."""

    def __init__(self, **known: list[str]) -> None:
        self.known = known
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        await asyncio.sleep(0)
        if host not in self.known:
            raise OSError("unknown")
        return list(self.known[host])


def dns(names: Names, clock: Clock) -> Dns:
    return Dns(asyncio.get_running_loop(), names, ttl=30.0, negative_ttl=2.0, clock=clock)


def test_known_for_a_while(run: Run) -> None:
    async def scenario() -> None:
        names, clock = Names(a=["1.1.1.1", "2.2.2.2"]), Clock()
        cache = dns(names, clock)
        assert await cache.addresses("a") == ["2.2.2.2", "1.1.1.1"]
        assert await cache.addresses("a") == ["1.1.1.1", "2.2.2.2"]  # shared out between them
        assert names.asked == ["a"]
        clock.now += 31
        names.known["a"] = ["3.3.3.3"]
        assert await cache.addresses("a") == ["3.3.3.3"]
        assert names.asked == ["a", "a"]

    run(scenario())


def test_unknown_for_a_shorter_while(run: Run) -> None:
    async def scenario() -> None:
        names, clock = Names(), Clock()
        cache = dns(names, clock)
        for _ in range(2):
            with pytest.raises(HostNotFound, match="the name a does not resolve"):
                await cache.addresses("a")
        assert names.asked == ["a"]
        clock.now += 3
        names.known["a"] = ["1.1.1.1"]
        assert await cache.addresses("a") == ["1.1.1.1"]

    run(scenario())


def test_asked_once_for_many_who_wait(run: Run) -> None:
    async def scenario() -> None:
        names = Names(a=["1.1.1.1"])
        cache = dns(names, Clock())
        assert await asyncio.gather(*[cache.addresses("a") for _ in range(10)]) == [["1.1.1.1"]] * 10
        assert names.asked == ["a"]

    run(scenario())


def test_one_who_stops_waiting_does_not_stop_the_others(run: Run) -> None:
    async def scenario() -> None:
        cache = dns(Names(a=["1.1.1.1"]), Clock())
        impatient = asyncio.create_task(cache.addresses("a"))
        other = asyncio.create_task(cache.addresses("a"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await other == ["1.1.1.1"]

    run(scenario())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_is_not_asked_for(run: Run, address: str) -> None:
    async def scenario() -> None:
        names = Names()
        assert await dns(names, Clock()).addresses(address) == [address]
        assert names.asked == []

    run(scenario())


def test_the_memory_is_bounded(run: Run) -> None:
    async def scenario() -> None:
        names = Names(**{f"h{number}": ["1.1.1.1"] for number in range(5000)})
        cache = dns(names, Clock())
        for host in names.known:
            await cache.addresses(host)
        assert len(cache) <= 4096

    run(scenario())


def test_the_system_knows_localhost(run: Run) -> None:
    async def scenario() -> None:
        addresses = await system_resolver(asyncio.get_running_loop())("localhost")
        assert set(addresses) <= {"127.0.0.1", "::1"}
        assert addresses

    run(scenario())


def test_the_next_address_is_tried_when_one_does_not_accept(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK, None]) as playing:
            client = Client(asyncio.get_running_loop(), resolver=Names(api=["127.0.0.1", "127.0.0.2"]))
            pool = client.pool(Target("http", "api", playing.port))
            for _ in range(3):
                assert (await ask(pool)).body == b"ok"
            await client.close()

    run(scenario())


def test_errors_of_the_client(run: Run) -> None:
    async def scenario() -> None:
        client = Client(asyncio.get_running_loop(), resolver=Names(api=["127.0.0.1"]))
        with pytest.raises(HostNotFound):
            await ask(client.pool(Target("http", "unknown", 80)))
        async with backend([1, OK]) as playing:
            pass
        with pytest.raises(ConnectFailed, match=f"api:{playing.port} cannot be reached"):
            await ask(client.pool(Target("http", "api", playing.port)))
        await client.close()

    run(scenario())
