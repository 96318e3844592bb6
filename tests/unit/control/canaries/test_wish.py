"""The tag that asks for a judge: what it may say, and that nothing else is taken."""

from __future__ import annotations

import pytest

from gatewright.aws.errors import BadRequest
from gatewright.control.canaries.wish import TAG, Wish, wish_of


def test_without_the_tag_nobody_judges() -> None:
    assert wish_of({"team": "pets"}) is None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("act", Wish("act")),
        ("advise", Wish("advise")),
        ("  act  window=60 ", Wish("act", window=60)),
        (
            "act window=86400 requests=20 errors=0 count=4xx latency=1 percentile=99.9 confidence=99.99",
            Wish("act", 86_400, 20, 0, "4xx", 1, 99.9, 99.99),
        ),
    ],
)
def test_what_it_says_replaces_the_defaults(text: str, wish: Wish) -> None:
    assert wish_of({TAG: text}) == wish


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with ''"),
        ("on", "begins with 'on'"),
        ("window=60", "begins with 'window=60'"),
        ("act window", "'window=' must be from 10 to 86400"),
        ("act window=9", "'window=9' must be from 10 to 86400"),
        ("act window=nan", "'window=nan' must be"),
        ("act requests=1e99", "'requests=1e99' must be from 20 to 1e+09"),
        ("act errors=-1", "'errors=-1' must be from 0 to 100"),
        ("act latency=0.9", "'latency=0.9' must be from 1 to 100"),
        ("act percentile=100", "'percentile=100' must be from 50 to 99.9"),
        ("act confidence=100", "'confidence=100' must be from 80 to 99.99"),
        ("act count=6xx", "'count=6xx' must be 5xx or 4xx"),
        ("act mode=advise", "'mode=advise' is not known"),
        ("act speed=1", "'speed=1' is not known"),
        ("act window=60 window=60", "it says something twice"),
    ],
)
def test_what_it_cannot_say_is_refused_with_the_remedy(text: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        wish_of({TAG: text})
    assert reason in refused.value.message
    assert "write act or advise" in refused.value.message
