from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog


@pytest.fixture
def home() -> Partition:
    return Partition("123456789012", "us-east-1")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path / "data")
    yield catalog
    catalog.close()
