"""One API in a real catalog, and a desk at which operations are called as the management port calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from gatewright.aws.errors import AwsError
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.context import Limits, Services
from gatewright.control.operation import Call, Operation
from gatewright.control.rest.integration import put_integration
from gatewright.control.rest.integration_response import put_integration_response
from gatewright.control.rest.method import put_method
from gatewright.control.rest.method_response import put_method_response

API = "a1b2c3d4e5"
ROOT = "root000001"
PETS = "pets01"
AUTHORIZERS = {"TOKEN": "token1", "REQUEST": "reque1", "COGNITO_USER_POOLS": "pools1", "JWT": "jwt001"}
PARTITION = Partition("111122223333", "us-east-1")


class Do(Protocol):
    def __call__(self, operation: Operation, **params: Any) -> Any: ...


@dataclass
class Clock:
    now: float = 1_700_000_000.75

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits() -> Limits:
    return Limits()


@dataclass
class Caches:
    """The stages' caches; remembers which were flushed."""

    flushed: list[str] = field(default_factory=list)

    def flush(self, api: str, stage: str) -> None:
        self.flushed.append(stage)

    def flush_policies(self, api: str, stage: str) -> None:
        """Nothing here asks for it."""


@pytest.fixture
def caches() -> Caches:
    return Caches()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    documents: dict[str, Document] = {
        keys.rest_api(API): {
            "id": API,
            "name": "pets",
            "createdDate": 1_700_000_000,
            "apiKeySource": "HEADER",
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
            "rootResourceId": ROOT,
        },
        keys.resource(API, ROOT): {"id": ROOT, "path": "/"},
        keys.resource(API, PETS): {"id": PETS, "parentId": ROOT, "pathPart": "pets", "path": "/pets"},
        keys.model(API, "Empty"): {
            "id": "model1",
            "name": "Empty",
            "contentType": "application/json",
            "schema": '{"type": "object"}',
        },
        keys.request_validator(API, "valid1"): {
            "id": "valid1",
            "name": "all",
            "validateRequestBody": True,
            "validateRequestParameters": True,
        },
    }
    for kind, authorizer in AUTHORIZERS.items():
        documents[keys.authorizer(API, authorizer)] = {"id": authorizer, "name": authorizer, "type": kind}
    with catalog.write(PARTITION) as tx:
        for key, document in documents.items():
            tx.put(key, document)
    yield catalog
    catalog.close()


@pytest.fixture
def do(catalog: Catalog, clock: Clock, limits: Limits, caches: Caches) -> Do:
    """Call one operation on the API, in its own transaction; the ids of API and resource are filled in."""
    numbers = iter(range(10**6))

    def new_id(length: int) -> str:
        return f"{next(numbers):0{length}d}"

    services = Services(clock=clock, new_id=new_id, limits=limits, caches=caches)

    def call(operation: Operation, **params: Any) -> Any:
        with catalog.write(PARTITION) as tx:
            return operation(Call(tx, services), {"restApiId": API, "resourceId": PETS, **params})

    return call


@pytest.fixture
def refused(do: Do) -> Callable[..., tuple[str, int, str]]:
    """Call one operation that must be refused: (code, status, message)."""

    def call(operation: Operation, **params: Any) -> tuple[str, int, str]:
        with pytest.raises(AwsError) as raised:
            do(operation, **params)
        return raised.value.code, raised.value.status, raised.value.message

    return call


@pytest.fixture
def mock_method(do: Do) -> None:
    """`GET /pets`, complete: deployable."""
    do(put_method, httpMethod="GET", authorizationType="NONE")
    do(put_method_response, httpMethod="GET", statusCode="200")
    templates = {"application/json": '{"statusCode": 200}'}
    do(put_integration, httpMethod="GET", type="MOCK", requestTemplates=templates)
    do(put_integration_response, httpMethod="GET", statusCode="200")
