"""The owner's pages: what they tell, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.support.signing import Keys, signed

from gatewright.aws.credentials import ensure_credentials
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.auth import Verifier
from gatewright.server.address import Address
from gatewright.server.front import Page
from gatewright.server.owner_pages import MOST_ANSWERS, owner_pages
from gatewright.server.settings import Settings
from gatewright.telemetry.trace_log import TraceLog
from gatewright.wire.types import Headers, Request

API = {"id": "a1b2c3d4e5", "name": "pets"}
LIVE = {"restApi": {**API, "name": "old"}, "resources": []}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, Address("0.0.0.0", 8080), Address("127.0.0.1", 8081), 1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    with catalog.write(Partition("111122223333", "eu-west-1")) as tx:
        tx.put(keys.rest_api(API["id"]), API)
        tx.put(keys.resource(API["id"], "root"), {"id": "root", "path": "/"})
        tx.put(keys.stage(API["id"], "prod"), {"stageName": "prod", "deploymentId": "d1"})
        tx.put(keys.snapshot(API["id"], "d1"), LIVE)
    yield catalog
    catalog.close()


def told(page: Page, query: str | None = None) -> tuple[int, Any]:
    answer = page(Request("GET", "/_gatewright/page", query))
    return answer.status, orjson.loads(answer.body)


def test_the_node_says_whose_it_is_and_where_it_serves(catalog: Catalog, settings: Settings) -> None:
    status, node = told(owner_pages(catalog, settings, None)["node"])
    assert status == 200
    assert node == {
        "dataDir": str(settings.data_dir),
        "accountId": settings.account_id,
        "region": settings.region,
        "data": "http://127.0.0.1:8080",
    }


def test_an_api_is_told_as_it_is_and_as_it_is_served(catalog: Catalog, settings: Settings) -> None:
    status, found = told(owner_pages(catalog, settings, None)["configuration"], "api=a1b2c3d4e5")
    assert status == 200
    assert found["draft"]["restApi"] == API
    assert found["draft"]["resources"] == [{"id": "root", "path": "/", "resourceMethods": {}}]
    assert found["stages"] == [{"stage": {"stageName": "prod", "deploymentId": "d1"}, "live": LIVE}]
    assert found["answers"] == []


def test_answers_of_authorizers_come_from_the_newest_traces(catalog: Catalog, settings: Settings) -> None:
    log = TraceLog(settings.data_dir)
    for number in range(MOST_ANSWERS + 1):
        facts = {"id": "who", "result": str(number)}
        steps = [{"name": "authorizer", "facts": facts}, {"name": "authorizer", "facts": {"id": "cached"}}]
        log.write(API["id"], {"requestId": str(number), "steps": steps})
    log.flush()
    _, found = told(owner_pages(catalog, settings, None)["configuration"], "api=a1b2c3d4e5")
    assert len(found["answers"]) == MOST_ANSWERS
    assert found["answers"][0] == {"authorizer": "who", "answer": str(MOST_ANSWERS)}


@pytest.mark.parametrize("query", [None, "", "api=", "api=other", "api=a%2Fb"])
def test_an_api_that_there_is_none_of(catalog: Catalog, settings: Settings, query: str | None) -> None:
    status, answer = told(owner_pages(catalog, settings, None)["configuration"], query)
    assert status == 404
    assert answer["message"].startswith("There is no API ")


def test_serve_tells_them_to_the_nodes_own_key_only(
    catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    secret = ensure_credentials(tmp_path / "credentials")
    for page in owner_pages(catalog, settings, Verifier(tmp_path / "credentials")).values():
        assert told(page)[0] == 403
        assert status_for(page, Keys(secret.access_key, "wrong")) == 403
        assert status_for(page, Keys(secret.access_key, secret.secret_key)) == 200


def status_for(page: Page, key: Keys) -> int:
    asked = signed(key, "http://127.0.0.1/_gatewright/page?api=a1b2c3d4e5", service="apigateway")
    headers = [(name.encode(), value.encode()) for name, value in asked.headers.items()]
    headers.append((b"Host", b"127.0.0.1"))
    path, _, query = asked.target.partition("?")
    return page(Request("GET", path, query, Headers(headers))).status
