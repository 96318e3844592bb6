"""Several processes, each with an event loop of its own, at one Valkey."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tests.support.coroutines import Deliveries
from tests.support.scripts import go, line, running
from tests.support.valkey import ValkeyServer

from gatewright.state.api import Quota
from gatewright.state.valkey_servers import parse_servers
from gatewright.state.valkey_store import open_valkey

PROCESSES = 3
RATE, BURST, LIMIT, ASKED = 2000, 1000, 1500, 800

# Fires at a bucket for a while, then at a quota so many times; says how many passed each.
FIRE = f"""
import asyncio, sys, time
from gatewright.state.api import Bucket, Quota
from gatewright.state.valkey_servers import parse_servers
from gatewright.state.valkey_store import open_valkey
from gatewright.wire.pending import drive

async def admitted(state, limit):
    answers = []
    drive(state.admit([limit]), answers.append)
    while not answers:
        await asyncio.sleep(0)
    return answers[0] is None

async def main():
    state = open_valkey(parse_servers(sys.argv[1]), asyncio.get_running_loop(), processes={PROCESSES})
    print("open", flush=True)
    sys.stdin.readline()
    bucket, quota = Bucket(b"k", {RATE}, {BURST}), Quota("plan", "key", {LIMIT}, "MONTH")
    passed, until = 0, time.monotonic() + 0.5
    while time.monotonic() < until:
        passed += await admitted(state, bucket)
        await asyncio.sleep(0)
    print(passed, flush=True)
    passed = 0
    for _ in range({ASKED}):
        passed += await admitted(state, quota)
        await asyncio.sleep(0)
    print(passed, flush=True)
    sys.stdin.readline()
    state.close()
    print("closed", flush=True)

asyncio.run(main())
"""


def used(server: ValkeyServer) -> int:
    """Over two days, for a run around midnight."""
    state = open_valkey(parse_servers(server.url), Deliveries())
    today = datetime.now(UTC).date()
    days = state.usage(Quota("plan", "key", LIMIT, "MONTH"), today - timedelta(days=1), today)
    state.close()
    return sum(day.used for day in days)


def test_together_they_hold_the_limits(server: ValkeyServer) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(running(FIRE, server.url)) for _ in range(PROCESSES)]
        begun = time.monotonic()
        for worker in workers:
            go(worker)
        passed = sum(int(line(worker)) for worker in workers)
        assert BURST / 2 < passed <= BURST + RATE * (time.monotonic() - begun)
        admitted = sum(int(line(worker)) for worker in workers)
        assert LIMIT / 2 < admitted <= LIMIT
        for worker in workers:
            go(worker)
            assert line(worker) == "closed"
    assert used(server) == admitted


def test_counts_hold_whoever_is_killed(server: ValkeyServer) -> None:
    """What the killed had leased counts as used: with what was admitted never over the limit."""
    server.client.flushall()
    with ExitStack() as stack:
        workers = [stack.enter_context(running(FIRE, server.url)) for _ in range(PROCESSES)]
        for worker in workers:
            go(worker)
        passed = [line(worker) for worker in workers]
        assert all(passed)
        workers[0].kill()
        admitted = sum(int(line(worker)) for worker in workers[1:])
        for worker in workers[1:]:
            go(worker)
            assert line(worker) == "closed"
    assert admitted <= used(server) <= LIMIT
