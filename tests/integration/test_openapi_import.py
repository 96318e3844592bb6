"""A document of several files becomes an API that answers; a put reaches traffic with the next deployment."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.processes import Gatewright

from gatewright.openapi.importing.bundle import bundle

PETSTORE = Path(__file__).with_name("petstore") / "api.yaml"


class Store:
    def __init__(self, node: Gatewright) -> None:
        self._node = node
        self.gateway = node.client("apigateway")
        self.text = bundle(PETSTORE).text
        made = self.gateway.import_rest_api(
            body=self.text, failOnWarnings=True, parameters={"basepath": "prepend"}
        )
        self.id: str = made["id"]
        self.deploy()

    def deploy(self) -> None:
        self.gateway.create_deployment(restApiId=self.id, stageName="prod")

    def ask(self, path: str, body: Any = None) -> tuple[int, str | None, str]:
        """Status, location and body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        url = self._node.stage_url(self.id, "prod", path)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
                return answer.status, answer.headers["Location"], answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Location"], error.read().decode()


def test_a_document_of_several_files_is_served(dev: Gatewright) -> None:
    store = Store(dev)
    assert store.ask("/v1/pets?limit=3") == (200, None, "[3]")
    assert store.ask("/v1/pets") == (
        400,
        None,
        '{"message": "Missing required request parameters: [limit]"}',
    )
    assert store.ask("/v1/pets/7") == (200, None, '{"id": "7"}')
    good = {"name": "Tom", "owner": {"age": 3, "pets": [{"name": "Tim"}]}}
    assert store.ask("/v1/pets", good)[0] == 201
    status, _, why = store.ask("/v1/pets", {"name": "Tom", "owner": {"age": 3, "pets": [{"name": 5}]}})
    assert status == 422
    assert "instance type (integer) does not match any allowed primitive type" in why
    assert store.ask("/pets/7")[0] == 403


def test_a_put_counts_from_the_next_deployment(dev: Gatewright) -> None:
    store = Store(dev)
    changed = json.loads(store.text)
    changed["paths"]["/cats"] = changed["paths"].pop("/pets/{id}")
    put = {"restApiId": store.id, "mode": "overwrite", "parameters": {"basepath": "prepend"}}
    store.gateway.put_rest_api(**put, body=json.dumps(changed).encode())
    assert [store.ask(path)[0] for path in ("/v1/pets/7", "/v1/cats")] == [200, 403]
    store.deploy()
    # A change of the catalog is known within milliseconds; asked again and again, it must come.
    assert any(store.ask("/v1/cats")[0] == 200 for _ in range(2000))
    assert store.ask("/v1/pets/7")[0] == 403
