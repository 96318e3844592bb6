"""What tests of several packages use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """One PostgreSQL for all; the catalog in it is whosever test it is."""
    server = Postgres().start()
    yield server
    server.close()
