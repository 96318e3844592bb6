"""Values that arrive later, without asyncio."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.wire.conftest import Run

from gatewright.wire.pending import Pending, drive, future_from


def test_the_first_result_counts() -> None:
    pending: Pending[int] = Pending()
    pending.resolve(1)
    pending.resolve(2)
    pending.fail(RuntimeError("late"))
    assert pending.done
    assert pending.result() == 1


def test_the_first_error_counts() -> None:
    pending: Pending[int] = Pending()
    pending.fail(RuntimeError("first"))
    pending.resolve(1)
    with pytest.raises(RuntimeError, match="first"):
        pending.result()


@pytest.mark.parametrize("before", [True, False])
def test_then(before: bool) -> None:
    pending: Pending[int] = Pending()
    results: list[int] = []
    if before:
        pending.resolve(7)
    pending.then(lambda done: results.append(done.result()))
    pending.resolve(7)
    assert results == [7]


def test_a_driven_coroutine_goes_on_where_its_values_arrive() -> None:
    first: Pending[int] = Pending()
    second: Pending[int] = Pending()
    done: list[str] = []

    async def work() -> str:
        total = await first
        try:
            total += await second
        except ValueError as error:
            return f"{total} {error}"
        return str(total)

    drive(work(), done.append)
    assert done == []
    first.resolve(3)
    assert done == []
    second.fail(ValueError("none"))
    assert done == ["3 none"]


def test_a_coroutine_that_waits_for_nothing_ends_at_once() -> None:
    ready: Pending[int] = Pending()
    ready.resolve(5)
    done: list[int] = []

    async def work() -> int:
        return await ready

    drive(work(), done.append)
    assert done == [5]


def test_an_asyncio_task_awaits_it(run: Run) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        good: Pending[int] = Pending()
        bad: Pending[int] = Pending()
        loop.call_soon(good.resolve, 4)
        loop.call_soon(bad.fail, ValueError("no"))
        assert await future_from(good, loop) == 4
        with pytest.raises(ValueError, match="no"):
            await future_from(bad, loop)

    run(scenario())


def test_an_abandoned_future_is_left_alone(run: Run) -> None:
    async def scenario() -> None:
        pending: Pending[int] = Pending()
        future = future_from(pending, asyncio.get_running_loop())
        future.cancel()
        pending.resolve(1)
        assert future.cancelled()

    run(scenario())
