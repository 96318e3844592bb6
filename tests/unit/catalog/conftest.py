"""A catalog of each engine: what holds for the one holds for the other. They run one PostgreSQL together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.postgres import Postgres

from gatewright.catalog import postgres, sqlite
from gatewright.catalog.api import Catalog, Partition

Opens = Callable[[], Catalog]


@pytest.fixture
def home() -> Partition:
    return Partition("123456789012", "us-east-1")


@pytest.fixture
def database(server: Postgres) -> str:
    """The URL of a database without a catalog."""
    server.forget_catalog()
    return server.url()


@pytest.fixture(params=["sqlite", "postgres"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Opens the test's catalog, as often as it is called."""
    opened: list[Catalog] = []
    url = request.getfixturevalue("database") if request.param == "postgres" else ""

    def open_one() -> Catalog:
        opened.append(postgres.open_catalog(url) if url else sqlite.open_catalog(tmp_path / "data"))
        return opened[-1]

    yield open_one
    for catalog in opened:
        catalog.close()


@pytest.fixture
def catalog(opens: Opens) -> Catalog:
    return opens()
