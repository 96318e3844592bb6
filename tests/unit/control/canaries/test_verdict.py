"""Comparisons: what is sure, what is not, and that chance decides as seldom as is said."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from gatewright.control.canaries.shares import Share, deviations, difference
from gatewright.control.canaries.verdict import LOOKS, Outcome, Sides, compare
from gatewright.control.canaries.wish import Wish
from gatewright.telemetry.lanes import Counts
from gatewright.telemetry.series import BUCKETS

ACT = Wish("act")


def counts(requests: int, *, failed: int = 0, client: int = 0, slow: int = 0) -> Counts:
    """All of them in 5 to 10 ms, but the slow ones in 100 to 250 ms."""
    latencies = [0] * (len(BUCKETS) + 1)
    latencies[1], latencies[6] = requests - slow, slow
    return Counts(client, failed, tuple(latencies))


def test_intervals_are_those_of_the_books() -> None:
    assert Share(10, 100).interval(1.96) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert Share(0, 100).interval(1.96) == pytest.approx((0.0, 0.0370), abs=1e-4)
    # Newcombe 1998, example (a) of method 10.
    assert difference(Share(56, 70), Share(48, 80), 1.96) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert deviations(0.025) == pytest.approx(1.96, abs=1e-3)


@pytest.mark.parametrize(
    ("canary", "outcome", "said"),
    [
        (
            counts(2_000),
            Outcome.PROMOTE,
            "errors: 0.00 % of the canary's 2000 requests, 0.10 % of the stage's",
        ),
        (counts(2_000, failed=5), Outcome.PROMOTE, "(1 allowed)"),
        (counts(2_000, client=1_000), Outcome.PROMOTE, "0.00 % of the canary's"),
        (counts(2_000, failed=22), Outcome.UNDECIDED, "a larger share or a longer window would tell"),
        (counts(2_000, failed=100), Outcome.ROLL_BACK, "5.00 % of the canary's 2000 requests"),
        (
            counts(2_000, slow=80),
            Outcome.PROMOTE,
            "latency: 4.00 % of the canary's requests took longer than 25 ms",
        ),
        (counts(2_000, slow=120), Outcome.PROMOTE, "(5 % may)"),
        (counts(2_000, slow=200), Outcome.ROLL_BACK, "surely too many"),
        (counts(599), Outcome.UNDECIDED, "fewer than the 600 that each must have"),
        (counts(0), Outcome.UNDECIDED, "the canary answered 0 requests and the stage 20000"),
    ],
)
def test_a_verdict_tells_its_numbers(canary: Counts, outcome: Outcome, said: str) -> None:
    verdict = compare(ACT, Sides(counts(20_000, failed=20), canary))
    assert verdict.outcome is outcome, verdict.why
    assert said in verdict.why


def test_client_errors_count_where_the_owner_says_so() -> None:
    sides = Sides(counts(20_000), counts(2_000, client=200))
    assert compare(ACT, sides).outcome is Outcome.PROMOTE
    assert compare(Wish("act", count="4xx"), sides).outcome is Outcome.ROLL_BACK


def test_a_stage_that_fails_as_much_excuses_its_canary() -> None:
    assert (
        compare(ACT, Sides(counts(20_000, failed=2_000), counts(10_000, failed=950))).outcome
        is Outcome.PROMOTE
    )


def test_latencies_without_a_bound_are_not_compared() -> None:
    endless = Counts(0, 0, (*(0,) * len(BUCKETS), 5_000))
    verdict = compare(ACT, Sides(endless, endless))
    assert verdict.outcome is Outcome.PROMOTE
    assert "latency: not compared, the stage's p95 is too long" in verdict.why


def equals(source: Random, failing: float, slow: float) -> Iterator[Outcome]:
    """What each look at one window finds of a canary that is as good as its stage."""
    stage, canary = counts(0), counts(0)
    for _ in range(LOOKS):
        stage, canary = stage.plus(drawn(source, failing, slow)), canary.plus(drawn(source, failing, slow))
        yield compare(Wish("act", requests=60), Sides(stage, canary)).outcome


def drawn(source: Random, failing: float, slow: float) -> Counts:
    requests = 60
    failed = sum(source.random() < failing for _ in range(requests))
    return counts(requests, failed=failed, slow=sum(source.random() < slow for _ in range(requests)))


@pytest.mark.parametrize(("failing", "slow"), [(0.002, 0.02), (0.2, 0.05), (0.5, 0.3)])
def test_noise_alone_rolls_back_as_seldom_as_the_confidence_says(failing: float, slow: float) -> None:
    source = Random(1)
    windows = 100
    rolled_back = sum(Outcome.ROLL_BACK in set(equals(source, failing, slow)) for _ in range(windows))
    assert rolled_back <= windows * 0.01
