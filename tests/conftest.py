"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.support.postgres import Postgres

# No test asserts how long something took: a loaded machine would fail it.
settings.register_profile("gatewright", deadline=None)
settings.load_profile("gatewright")

# Coverage is of what tests reach in their own process: to follow the nodes that they start takes minutes.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """One PostgreSQL for all that run in this process; the catalog in it is whosever test it is."""
    server = Postgres().start()
    yield server
    server.close()
