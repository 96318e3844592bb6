"""What is told of a server that is away."""

from __future__ import annotations

from gatewright.wire.outage import AGAIN_SECONDS, Outage


def test_the_first_reason_and_others_later_are_told_and_the_end_once() -> None:
    now = 100.0
    outage = Outage(lambda: now)
    assert not outage.ends()
    assert [outage.goes_on(why) for why in ("refused", "refused", "timeout")] == [True, False, False]
    now += AGAIN_SECONDS
    assert [outage.goes_on(why) for why in ("refused", "timeout", "refused")] == [False, True, False]
    assert outage.lasts
    assert [outage.ends(), outage.ends()] == [True, False]
    assert outage.goes_on("timeout"), "another outage"
