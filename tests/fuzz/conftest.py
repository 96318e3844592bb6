"""Coverage tells what tests reach on purpose: random examples differ each time, and are dear to follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coverage import Coverage


@pytest.fixture(scope="module", autouse=True)
def unmeasured() -> Iterator[None]:
    """No coverage is measured meanwhile."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()
