"""One management port for the module, and boto3 asking it: each family's tests drive the real operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.management import PARTITION, client_of, running_management

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document
from gatewright.catalog.sqlite import open_catalog

Refused = Callable[..., tuple[str, str]]
Documents = Callable[[str], Document | None]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path_factory.mktemp("data"))
    yield catalog
    catalog.close()


@pytest.fixture(scope="module")
def client(catalog: Catalog) -> Iterator[Any]:
    with running_management(catalog) as endpoint, client_of(endpoint) as client:
        yield client


@pytest.fixture
def api(client: Any) -> str:
    return str(client.create_rest_api(name="pets")["id"])


@pytest.fixture
def root(client: Any, api: str) -> str:
    return str(client.get_rest_api(restApiId=api)["rootResourceId"])


@pytest.fixture
def stage(catalog: Catalog, api: str) -> str:
    """A stage as usage plans name it."""
    with catalog.write(PARTITION) as tx:
        tx.put(keys.stage(api, "prod"), {"stageName": "prod", "deploymentId": "d", "methodSettings": {}})
    return f"{api}:prod"


@pytest.fixture
def document(catalog: Catalog) -> Documents:
    """Read what stands in the catalog under a key."""

    def read(key: str) -> Document | None:
        with catalog.read(PARTITION) as reader:
            return reader.get(key)

    return read


@pytest.fixture
def refused() -> Refused:
    """Call an operation that must be refused: (code, message)."""

    def call(operation: Callable[..., Any], **params: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as raised:
            operation(**params)
        error = raised.value.response["Error"]
        return error["Code"], error["Message"]

    return call
