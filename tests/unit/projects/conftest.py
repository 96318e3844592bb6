"""One management port for the module; each test makes APIs of its own in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.management import PARTITION, client_of, running_management

from gatewright.catalog.api import Catalog
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.configuration import configuration
from gatewright.projects.api import Node

Look = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path_factory.mktemp("data"))
    yield catalog
    catalog.close()


@pytest.fixture(scope="module")
def endpoint(catalog: Catalog) -> Iterator[str]:
    with running_management(catalog) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[Any]:
    with client_of(endpoint) as client:
        yield client


@pytest.fixture(scope="module")
def node(endpoint: str) -> Iterator[Node]:
    """Its clients sign as the account whose catalog is served."""
    node = Node(endpoint, "http://127.0.0.1:4566", PARTITION.region, PARTITION.account)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", PARTITION.account)
        environment.setenv("AWS_SECRET_ACCESS_KEY", "any")
        yield node
    node.close()


@pytest.fixture
def look(catalog: Catalog) -> Look:
    """The configuration of an API, as the node's page tells it without any answers of authorizers."""

    def read(api: str) -> dict[str, Any]:
        found = configuration(catalog, api)
        assert found is not None
        return {**found, "answers": []}

    return read
