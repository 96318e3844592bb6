"""Which leases a process knows: those in use, and of the others those that were used last."""

from __future__ import annotations

import pytest

from gatewright.state import known_leases
from gatewright.state.api import Bucket, Quota
from gatewright.state.known_leases import KnownLeases


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_leases, "REMEMBERED", 3)


def buckets(names: str) -> list[Bucket]:
    return [Bucket(name.encode(), 1, 1) for name in names]


def test_one_that_comes_takes_the_place_of_the_one_that_rests_longest() -> None:
    known = KnownLeases()
    a, b, c, d = buckets("abcd")
    first = [known.of(bucket, 1) for bucket in (a, b, c)]
    known.use(first[0])
    known.rest(first[0])  # used last of the three
    known.of(d, 1)
    assert len(known) == 3
    assert [known.of(bucket, 1) for bucket in (a, c)] == [first[0], first[2]]
    assert known.of(b, 1) is not first[1]


def test_those_in_use_are_not_forgotten() -> None:
    known = KnownLeases()
    limits = buckets("abcde")
    leases = []
    for limit in limits:
        leases.append(known.of(limit, 1))
        known.use(leases[-1])
    assert len(known) == 5
    assert [known.of(limit, 1) for limit in limits] == leases
    for lease in leases:
        known.rest(lease)
    known.of(Bucket(b"f", 1, 1), 1)
    assert len(known) == 3


def test_a_lease_of_yesterday_is_told_of_and_forgotten() -> None:
    known, quota = KnownLeases(), Quota("plan", "key", 5, "MONTH")
    yesterday = known.of(quota, 1)
    known.use(yesterday)
    today = known.of(quota, 2)
    assert yesterday in known.active
    known.rest(yesterday)
    for limit in buckets("abc"):
        known.of(limit, 2)
    assert len(known) == 3
    assert known.of(quota, 2) is not today
