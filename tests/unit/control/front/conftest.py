"""The management handler behind a real listener, asked with raw HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.management import running_management

from gatewright.catalog.api import Catalog
from gatewright.catalog.sqlite import open_catalog


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> tuple[int, str, str]:
        """(status, code, message)."""
        return self.status, self.headers["x-amzn-ErrorType"], self.json["message"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Answer]


def asker(endpoint: str) -> Ask:
    host = endpoint.removeprefix("http://")

    def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    return ask


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    yield catalog
    catalog.close()


@pytest.fixture
def ask(catalog: Catalog) -> Iterator[Ask]:
    with running_management(catalog) as endpoint:
        yield asker(endpoint)
