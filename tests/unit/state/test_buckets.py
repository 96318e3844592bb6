"""Token buckets: what they let through, as the clock moves."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, combinations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.state import buckets
from gatewright.state.api import Bucket

# Multiples of powers of two, so that neither side of a comparison rounds.
rates = st.integers(1, 4000).map(lambda number: number / 16)
bursts = st.integers(1, 20)
pauses = st.lists(st.integers(0, 4096).map(lambda number: number / 1024), min_size=1, max_size=60)


def admissions(bucket: Bucket, times: list[float]) -> list[bool]:
    """Which requests, at which times, a new bucket lets through; refusals are stored as the store does."""
    row: bytes | None = None
    admitted = []
    for now in times:
        taken = buckets.take(row, bucket, now)
        admitted.append(taken is not None)
        row = taken or buckets.rebased(row, now) or row
    return admitted


@given(rates, bursts, pauses)
def test_in_no_window_more_than_the_burst_and_what_was_refilled(
    rate: float, burst: int, pauses: list[float]
) -> None:
    times = list(accumulate(pauses))
    passed = [now for now, ok in zip(times, admissions(Bucket(b"k", rate, burst), times), strict=True) if ok]
    for first, last in combinations(range(len(passed)), 2):
        assert last - first + 1 <= burst + rate * (passed[last] - passed[first])


@given(rates, bursts, pauses)
def test_as_many_as_an_ideal_bucket(rate: float, burst: int, pauses: list[float]) -> None:
    tokens, expected = Fraction(burst), []
    for pause in pauses:
        tokens = min(Fraction(burst), tokens + Fraction(rate) * Fraction(pause))
        expected.append(tokens >= 1)
        tokens -= tokens >= 1
    assert admissions(Bucket(b"k", rate, burst), list(accumulate(pauses))) == expected


@given(
    rates,
    bursts,
    st.lists(st.integers(-100_000, 4096).map(lambda number: number / 1024), min_size=1, max_size=60),
)
def test_a_clock_that_goes_backwards_lets_no_more_through_and_starves_nobody(
    rate: float, burst: int, steps: list[float]
) -> None:
    times = list(accumulate(steps, initial=0.0))
    admitted = admissions(Bucket(b"k", rate, burst), times)
    assert sum(admitted) <= burst + rate * sum(step for step in steps if step > 0)
    patience = 1 / rate + 1e-6
    assert any(admissions(Bucket(b"k", rate, burst), [*times, times[-1] + patience])[-2:])


@given(rates, bursts, st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_refill_never_exceeds_the_burst(rate: float, burst: int, tokens: float, elapsed: float) -> None:
    assert buckets.refilled(min(tokens, burst), elapsed, rate, burst) <= burst


@given(rates, bursts, pauses)
def test_no_token_comes_before_it_is_foretold(rate: float, burst: int, pauses: list[float]) -> None:
    bucket = Bucket(b"k", rate, burst)
    row: bytes | None = None
    for now in accumulate(pauses):
        taken = buckets.take(row, bucket, now)
        if taken is None:
            soonest = buckets.next_token(row, bucket, now)
            assert buckets.take(row, bucket, soonest - 1e-6) is None
            assert buckets.take(row, bucket, soonest + 1e-6) is not None
        row = taken or row


@pytest.mark.parametrize(("rate", "burst"), [(0, 5), (5, 0), (0, 0), (0.5, 0)])
def test_a_rate_or_burst_of_zero_blocks(rate: float, burst: int) -> None:
    bucket = Bucket(b"k", rate, burst)
    assert admissions(bucket, [1.0, 2.0, 1e9]) == [False] * 3
    assert buckets.next_token(None, bucket, 1.0) == inf


def test_a_fractional_rate() -> None:
    times = [0.0, 1.0, 1.99, 2.0, 2.1, 4.0]
    assert admissions(Bucket(b"k", 0.5, 1), times) == [True, False, False, True, False, True]


def test_new_limits_hold_at_once() -> None:
    row = buckets.take(None, Bucket(b"k", 1, 100), 10.0)
    for _ in range(2):
        row = buckets.take(row, Bucket(b"k", 1, 2), 10.0)
        assert row is not None
    assert buckets.take(row, Bucket(b"k", 1, 2), 10.0) is None
    assert buckets.take(row, Bucket(b"k", 32, 2), 10.03125) is not None


def test_a_bucket_is_full_when_it_has_refilled() -> None:
    row = buckets.take(None, Bucket(b"k", 2, 10), 5.0)
    assert row is not None
    assert not buckets.is_full(row, 5.4)
    assert buckets.is_full(row, 5.5)


@pytest.mark.parametrize(
    ("key", "rate", "burst", "message"),
    [
        (b"", 1, 1, "has 0"),
        (b"x" * 401, 1, 1, "1 to 400 bytes, .* has 401"),
        (b"k", -1, 1, "The rate -1 is outside"),
        (b"k", float("nan"), 1, "The rate nan is outside"),
        (b"k", float("inf"), 1, "The rate inf is outside"),
        (b"k", 1, -1, "The burst -1 is outside"),
    ],
)
def test_a_bucket_past_the_bounds(key: bytes, rate: float, burst: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Bucket(key, rate, burst)
