"""A desk at which Lambda's operations are called as the management port calls them, on a real catalog."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.context import Services
from gatewright.control.lambda_api.functions import create_function
from gatewright.control.operation import Call, Operation

PARTITION = Partition("111122223333", "eu-west-1")
ROLE = "arn:aws:iam::111122223333:role/pets"


class Do(Protocol):
    def __call__(self, operation: Operation, **params: Any) -> Any: ...


@dataclass
class Clock:
    now: float = 1_700_000_000.75

    def __call__(self) -> float:
        return self.now


def zipped(text: str = "def handler(event, context): ...", name: str = "app.py") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path / "catalog")
    yield catalog
    catalog.close()


@pytest.fixture
def do(catalog: Catalog, clock: Clock) -> Do:
    """Call one operation in its own transaction, on the function `pets` unless told otherwise."""
    services = Services(clock=clock)

    def call(operation: Operation, **params: Any) -> Any:
        with catalog.write(PARTITION) as tx:
            return operation(Call(tx, services), {"FunctionName": "pets", **params})

    return call


@pytest.fixture
def create(do: Do) -> Callable[..., Any]:
    """CreateFunction with what every function needs, and more."""

    def call(**params: Any) -> Any:
        given = {
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": ROLE,
            "Code": {"ZipFile": zipped()},
        }
        return do(create_function, **{**given, **params})

    return call


@pytest.fixture
def refused(do: Do) -> Callable[..., tuple[str, int, str]]:
    """Call one operation that must be refused: (code, status, message)."""

    def call(operation: Callable[..., Any], **params: Any) -> tuple[str, int, str]:
        with pytest.raises(AwsError) as raised:
            do(operation, **params)
        return raised.value.code, raised.value.status, raised.value.message

    return call


@pytest.fixture
def refused_create(create: Callable[..., Any]) -> Callable[..., tuple[str, int, str]]:
    def call(**params: Any) -> tuple[str, int, str]:
        with pytest.raises(AwsError) as raised:
            create(**params)
        return raised.value.code, raised.value.status, raised.value.message

    return call
