"""What is Valkey's own: leases of several processes, what the dead held, and times when it is away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.valkey_state import POLICIES_BYTES, WaitedState

from gatewright.state.api import Bucket, Limit, Quota, StateUnavailable
from gatewright.state.valkey_scripts import ENTRY_BYTES
from gatewright.wire import outage
from gatewright.wire.pending import drive

TODAY = date(2026, 3, 11)  # what the clock says first
SLOW = Bucket(b"slow", 1e-6, 100)
QUOTA = Quota("plan", "key", 100, "MONTH")

Join = Callable[[], WaitedState]


@pytest.fixture
def join(server: ValkeyServer, clock: MovedClock) -> Iterator[Join]:
    """`join()` is a state as another process has it."""
    server.client.flushall()
    with ExitStack() as stack:

        def join() -> WaitedState:
            state = WaitedState(server, clock, processes=2)
            stack.callback(state.close)
            return state

        yield join


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that a test may kill."""
    with valkey_server(tmp_path, "--appendonly", "yes") as server:
        yield server


def passed(state: WaitedState, limit: Limit, times: int) -> int:
    return sum(answer(state.admit([limit])) is None for _ in range(times))


def used(state: WaitedState, quota: Quota = QUOTA) -> int:
    return state.usage(quota, TODAY, TODAY)[0].used


# ---- leases ------------------------------------------------------------------------------------------------


def test_a_request_seldom_waits_for_the_network(join: Join) -> None:
    state, waited = join(), 0
    bucket, counted = Bucket(b"fast", 1e6, 10**6), Quota("plan", "fast", 10**6, "MONTH")
    for _ in range(1000):
        answers: list[Limit | None] = []
        drive(state.inner.admit([bucket, counted]), answers.append)
        if not answers:
            waited += 1
            state.loop.run_until(lambda answers=answers: bool(answers))  # type: ignore[misc]
        assert answers == [None]
    assert waited < 50


@pytest.mark.parametrize("limit", [SLOW, QUOTA])
def test_processes_together_admit_the_limit(join: Join, clock: MovedClock, limit: Limit) -> None:
    one, other = join(), join()
    total = 0
    for _ in range(20):
        total += passed(one, limit, 5) + passed(other, limit, 3)
    clock.move(seconds=2)  # what they hold unused is given back
    for state in (one, other):
        state.report()
    clock.move(seconds=2)
    for state in (one, other):
        total += passed(state, limit, 100)
    assert total == 100


def test_what_is_held_unused_is_little(join: Join) -> None:
    one, other = join(), join()
    assert passed(one, SLOW, 1) == 1
    assert passed(other, SLOW, 100) >= 100 - 1 - 100 / 2 / 2


@pytest.mark.parametrize("limit", [SLOW, QUOTA])
def test_a_process_that_ends_gives_back_what_it_holds(join: Join, limit: Limit) -> None:
    state = join()
    assert passed(state, limit, 1) == 1
    state.close()
    assert passed(join(), limit, 200) == 99


def test_what_a_dead_process_held_counts_as_used(join: Join, clock: MovedClock) -> None:
    dead, alive = join(), join()
    assert passed(dead, QUOTA, 3) == 3
    clock.move(seconds=11)
    counted = used(alive)
    assert 3 <= counted <= 3 + 25
    assert passed(alive, QUOTA, 200) == 100 - counted
    for _ in range(2):  # it was only cut off: it hears that it counts as dead, then puts right what it used
        dead.report()
    assert used(alive) == 100 - counted + 3


def test_a_changed_quota_gives_back_what_is_held(join: Join, clock: MovedClock) -> None:
    state = join()
    assert passed(state, QUOTA, 5) == 5
    lowered = Quota("plan", "key", 8, "MONTH")
    assert passed(state, lowered, 50) == 3
    rest([state], clock)
    clock.move(seconds=20)
    assert used(state) == 8
    assert passed(state, QUOTA, 200) == 92


def test_many_limits_are_told_of_by_turns(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatewright.state.valkey_leasing.REPORTS", 7)
    state = join()
    quotas = [Quota("plan", f"key{number}", None, "DAY") for number in range(20)]
    for quota in quotas:
        assert passed(state, quota, 2) == 2
    for _ in range(3):
        state.report()
    assert [state.inner.usage(quota, TODAY, TODAY)[0].used for quota in quotas] == [2] * 20


def test_limits_that_were_forgotten_are_counted_on(
    join: Join, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatewright.state.known_leases.REMEMBERED", 3)
    state = join()
    quotas = [Quota("plan", f"key{number}", 10, "DAY") for number in range(9)]
    for _ in range(3):
        for quota in quotas:
            assert passed(state, quota, 2) == 2
            rest([state], clock)
    assert [state.inner.usage(quota, TODAY, TODAY)[0].used for quota in quotas] == [6] * 9


def test_a_midnight_in_use(join: Join, clock: MovedClock) -> None:
    state = join()
    assert passed(state, QUOTA, 30) == 30
    clock.move(days=1)
    assert passed(state, QUOTA, 30) == 30
    days = state.usage(QUOTA, TODAY, date(2026, 3, 12))
    assert [(day.used, day.remaining) for day in days] == [(30, 70), (30, 40)]


def test_processes_hear_how_many_they_are(join: Join, clock: MovedClock) -> None:
    states = [join() for _ in range(3)]
    for _ in range(2):
        for state in states:
            passed(state, SLOW, 1)
            state.report()
        clock.move(seconds=3)
    assert {state.inner.leasing.processes for state in states} == {3}


def test_a_script_that_the_server_forgot_is_told_again(join: Join, server: ValkeyServer) -> None:
    state = join()
    assert passed(state, QUOTA, 1) == 1
    server.client.script_flush()
    assert used(state) == 1


# ---- caches ------------------------------------------------------------------------------------------------


def test_a_flush_of_one_is_seen_by_the_others_at_once(join: Join) -> None:
    one, other = join(), join()
    for number in range(5):
        found = answer(one.responses.get(b"stage", b"/pets"))
        assert found.value is None
        assert answer(one.responses.put(b"stage", b"/pets", b"%d" % number, 60, found.generation, 2**20))
        assert answer(other.responses.get(b"stage", b"/pets")).value == b"%d" % number
        other.responses.flush(b"stage")
        assert not answer(one.responses.put(b"stage", b"/pets", b"late", 60, found.generation, 2**20))


def test_only_who_claimed_an_entry_gives_it_up(join: Join, clock: MovedClock) -> None:
    one, other = join(), join()
    assert answer(one.responses.claim(b"stage", b"/pets", 30))
    clock.move(seconds=30)
    assert answer(other.responses.claim(b"stage", b"/pets", 30))
    answer(one.responses.release(b"stage", b"/pets"))
    assert not answer(one.responses.claim(b"stage", b"/pets", 30))
    answer(other.responses.release(b"stage", b"/pets"))
    assert answer(one.responses.claim(b"stage", b"/pets", 30))


def test_those_used_least_recently_make_room(join: Join, clock: MovedClock) -> None:
    state = join()

    def put(key: bytes, size: int) -> bool:
        clock.move(seconds=1)
        return answer(state.responses.put(b"stage", key, b"x" * size, 3600, 0, 1000 + 3 * ENTRY_BYTES))

    assert [put(key, 300) for key in (b"a", b"b", b"c")] == [True] * 3
    clock.move(seconds=1)
    assert answer(state.responses.get(b"stage", b"a")).value is not None
    assert put(b"d", 600)
    kept = [key for key in b"abcd" if answer(state.responses.get(b"stage", bytes([key]))).value is not None]
    assert bytes(kept) == b"ad"
    assert not put(b"e", 1001 + 2 * ENTRY_BYTES)
    assert put(b"a", 1000 + 2 * ENTRY_BYTES), "it replaces itself"


def test_tiny_values_take_no_more_memory_than_their_cache_has(join: Join, server: ValkeyServer) -> None:
    state, most = join(), 100_000
    for number in range(600):
        assert answer(state.responses.put(b"stage", b"%d" % number, b"x", 3600, 0, most))
    rows = [f"gatewright:responses:{{stage}}:{part}" for part in ("values", "order")]
    assert server.client.zcard(rows[1]) == most // (ENTRY_BYTES + 1)
    assert sum(server.client.memory_usage(row, samples=0) for row in rows) <= most


def test_a_put_removes_a_bounded_number(join: Join) -> None:
    state, most = join(), 150 * (ENTRY_BYTES + 1)

    def put(key: bytes, size: int) -> bool:
        return answer(state.responses.put(b"stage", key, b"x" * size, 3600, 0, most))

    assert all(put(b"%d" % number, 1) for number in range(150))
    whole = most - ENTRY_BYTES
    assert [put(b"large", whole) for _ in range(2)] == [False, True]


def test_a_space_of_policies_has_a_size(join: Join, clock: MovedClock) -> None:
    state = join()
    for number in range(4):
        assert answer(state.policies.put(b"space", b"%d" % number, b"x" * 2**19, 300, 0))
        clock.move(seconds=1)
    assert answer(state.policies.get(b"space", b"0")).value is None
    assert answer(state.policies.get(b"space", b"3")).value is not None
    assert not answer(state.policies.put(b"space", b"k", b"x" * (POLICIES_BYTES + 1), 300, 0))


# ---- a cluster ---------------------------------------------------------------------------------------------


def test_a_cluster(tmp_path: Path, clock: MovedClock) -> None:
    with valkey_server(tmp_path, cluster=True) as server:
        state = WaitedState(server, clock)
        limits: list[Limit] = [Bucket(b"a", 1, 50), Bucket(b"b", 1, 50), QUOTA]
        assert [answer(state.admit(limits)) for _ in range(51)] == [None] * 50 + [limits[0]]
        assert used(state) == 50
        state.set_remaining(QUOTA, 70)
        assert passed(state, QUOTA, 99) == 70
        assert [answer(state.responses.claim(b"stage", b"k", 30)) for _ in range(2)] == [True, False]
        assert answer(state.responses.put(b"stage", b"k", b"value", 60, 0, 1000))
        assert answer(state.responses.get(b"stage", b"k")).value == b"value"
        state.responses.flush(b"stage")
        assert answer(state.responses.get(b"stage", b"k")).value is None
        assert state.housekeep()["valkey"].entries > 0
        state.close()


# ---- away --------------------------------------------------------------------------------------------------


def rest(states: list[WaitedState], clock: MovedClock) -> None:
    """Let them give back what they do not use."""
    for _ in range(2):
        for state in states:
            state.report()
        clock.move(seconds=2)


def come_back(state: WaitedState) -> None:
    """Let time pass until it found Valkey again."""
    while state.inner.link.away:
        state.loop.tick()
    state.report()


def test_while_valkey_is_away_limits_hold_by_a_share(
    mortal: ValkeyServer, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    states = [WaitedState(mortal, clock, processes=2) for _ in range(2)]
    never, bucket = Quota("plan", "never asked", 60, "MONTH"), Bucket(b"rate", 10, 40)
    assert [passed(state, QUOTA, 10) for state in states] == [10, 10]
    rest(states, clock)
    mortal.kill()
    with caplog.at_level(logging.WARNING, "gatewright"):
        alone = [passed(state, QUOTA, 200) for state in states]
        assert 50 <= sum(alone) <= 80
        assert [passed(state, never, 200) for state in states] == [30, 30]
        assert [passed(state, bucket, 200) for state in states] == [20, 20]
        clock.move(seconds=1)
        assert [passed(state, bucket, 200) for state in states] == [5, 5]
        mortal.start()
        for state in states:
            come_back(state)
    assert used(states[0]) == 20 + sum(alone)
    assert used(states[0], never) == 60
    rest(states, clock)
    assert passed(states[1], QUOTA, 200) == 80 - sum(alone)
    text = [record.getMessage() for record in caplog.records]
    assert [line.partition(" is ")[2][:4] for line in text] == ["away", "away", "back", "back"]
    for state in states:
        state.close()


def test_a_server_that_does_not_answer_is_waited_for_once(
    mortal: ValkeyServer,
    clock: MovedClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outage, "AGAIN_SECONDS", 0.0)
    state = WaitedState(mortal, clock)
    assert passed(state, QUOTA, 1) == 1
    mortal.pause()
    try:
        assert passed(state, SLOW, 1) == 1  # waits for the time-out of a command
        assert state.inner.link.away
        coroutine = state.inner.admit([Bucket(b"other", 1, 1)])
        with pytest.raises(StopIteration):
            coroutine.send(None)
        assert answer(state.policies.get(b"space", b"token")) == (None, 0)
        assert not answer(state.policies.put(b"space", b"token", b"policy", 60, 0))
        for refused in (
            lambda: state.inner.usage(QUOTA, TODAY, TODAY),
            lambda: state.inner.set_remaining(QUOTA, 5),
            lambda: state.policies.flush(b"space"),
        ):
            with pytest.raises(StateUnavailable, match=r"Valkey at valkey://127\.0\.0\.1:\d+/0 is away: "):
                refused()
        assert state.housekeep() == {}
    finally:
        mortal.kill()
    while "is still away: Error 111" not in caplog.text:
        state.loop.tick()
    mortal.start()
    come_back(state)
    assert used(state) == 1
    assert caplog.text.count("Timeout reading") == 1
    assert caplog.text.count("0 is back") == 1
    state.close()


def test_it_begins_while_valkey_is_away(tmp_path: Path, clock: MovedClock) -> None:
    server = ValkeyServer(tmp_path)
    state = WaitedState(server, clock, processes=4)
    assert passed(state, QUOTA, 200) == 25
    assert [answer(state.responses.claim(b"stage", b"k", 30)) for _ in range(2)] == [True] * 2
    answer(state.responses.release(b"stage", b"k"))
    server.start()
    come_back(state)
    assert used(state) == 25
    assert passed(state, QUOTA, 200) == 75
    state.close()
    server.close()


def test_a_server_that_refuses_is_away(
    server: ValkeyServer, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    state = join()
    server.client.config_set("maxmemory", 1)
    try:
        assert passed(state, QUOTA, 1) == 1
        assert state.inner.link.away
    finally:
        server.client.config_set("maxmemory", 0)
    assert "OOM" in caplog.text or "maxmemory" in caplog.text
    come_back(state)
    assert used(state) == 1


def test_a_user_with_the_documented_rights(
    server: ValkeyServer, join: Join, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "many-machines.md").read_text()
    rights = text.partition("The user needs `")[2].partition("`")[0].split()
    server.client.acl_setuser("gateway", enabled=True, passwords=["+s@cret"], keys=["gatewright:*"])
    server.client.execute_command("ACL", "SETUSER", "gateway", *rights)
    state = WaitedState(server, clock, user="gateway:s%40cret@")
    limits: list[Limit] = [Bucket(b"k", 1, 50), QUOTA]
    assert [answer(state.admit(limits)) for _ in range(5)] == [None] * 5
    state.set_remaining(QUOTA, 7)
    assert used(state) == 5
    assert answer(state.responses.claim(b"stage", b"k", 30))
    assert answer(state.responses.put(b"stage", b"k", b"value", 60, 0, 1000))
    answer(state.responses.release(b"stage", b"k"))
    assert answer(state.responses.get(b"stage", b"k")).value == b"value"
    state.responses.flush(b"stage")
    assert state.housekeep()["valkey"].entries > 0
    state.close()
    assert not caplog.text
    wrong = WaitedState(server, clock, user="gateway:guess@")
    assert passed(wrong, QUOTA, 1) == 1
    assert "invalid username-password pair or user is disabled. Limits hold" in caplog.text
    assert "guess" not in caplog.text
    wrong.close()


def test_keys_are_not_stored(join: Join, server: ValkeyServer) -> None:
    state = join()
    answer(state.policies.put(b"space", b"Bearer eyJhbGciOi", b"policy", 60, 0))
    for key in server.client.scan_iter(b"gatewright:policies:*:values"):
        fields = server.client.hgetall(key)
        assert any(b"policy" in value for value in fields.values())
        assert not any(b"eyJhbGciOi" in field for field in fields)
        return
    raise AssertionError("nothing was kept")
