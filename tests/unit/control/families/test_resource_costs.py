"""What an operation on resources reads does not grow with the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.management import PARTITION

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition, Transaction
from gatewright.control.context import Services
from gatewright.control.operation import Call
from gatewright.control.rest import method, resource, rest_api

SMALL, LARGE = 10, 300  # resources below the root


class Counting:
    """A transaction that counts the documents it hands out."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    @property
    def partition(self) -> Partition:
        return self._tx.partition

    def get(self, key: str) -> Document | None:
        self.read += 1
        return self._tx.get(key)

    def list(self, prefix: str, **bounds: Any) -> Iterator[tuple[str, Document]]:
        for entry in self._tx.list(prefix, **bounds):
            self.read += 1
            yield entry


def apis_read(catalog: Catalog, size: int) -> dict[str, int]:
    """Documents read by each operation on an API with `size` resources, each with a GET, as the root."""
    with catalog.write(PARTITION) as tx:
        call = Call(tx, Services())
        api = rest_api.create_rest_api(call, {"name": "pets"})
        at = {"restApiId": api["id"], "parentId": api["rootResourceId"]}
        made = [resource.create_resource(call, {**at, "pathPart": f"p{n}"}) for n in range(size)]
        for each in (*made, {"id": api["rootResourceId"]}):
            tx.put(keys.method(api["id"], each["id"], "GET"), {"httpMethod": "GET"})
        of_first = {"restApiId": api["id"], "resourceId": made[0]["id"]}
        rename = [{"op": "replace", "path": "/pathPart", "value": "renamed"}]
        calls: dict[str, tuple[Any, dict[str, Any]]] = {
            "page": (resource.get_resources, {"restApiId": api["id"], "limit": 3, "embed": ["methods"]}),
            "create": (resource.create_resource, {**at, "pathPart": "new"}),
            "variable": (resource.create_resource, {**at, "pathPart": "{new}"}),
            "update": (resource.update_resource, {**of_first, "patchOperations": rename}),
            "method": (method.put_method, {**of_first, "httpMethod": "PUT", "authorizationType": "NONE"}),
            "delete": (resource.delete_resource, of_first),
        }
        read = {}
        for name, (operation, params) in calls.items():
            counting: Any = Counting(tx)
            operation(Call(counting, Services()), params)
            read[name] = counting.read
        return read


def test_what_is_read_does_not_grow_with_the_api(catalog: Catalog) -> None:
    small = apis_read(catalog, SMALL)
    assert apis_read(catalog, LARGE) == small
    assert max(small.values()) < 10


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_hold_the_methods_of_their_resources(client: Any, api: str, root: str, limit: int) -> None:
    expected = {}
    for number in range(5):
        part = f"p{number}"
        made = client.create_resource(restApiId=api, parentId=root, pathPart=part)
        verbs = ("GET", "POST")[: number % 3]
        for verb in verbs:
            client.put_method(restApiId=api, resourceId=made["id"], httpMethod=verb, authorizationType="NONE")
        expected[part] = sorted(verbs)
    pages = client.get_paginator("get_resources").paginate(
        restApiId=api, embed=["methods"], PaginationConfig={"PageSize": limit}
    )
    found = [item for page in pages for item in page["items"] if "pathPart" in item]
    assert {item["pathPart"]: sorted(item.get("resourceMethods", {})) for item in found} == expected
    assert all(
        method["authorizationType"] == "NONE"
        for item in found
        for method in item.get("resourceMethods", {}).values()
    )


def test_a_part_is_free_again_once_its_resource_moved_or_went(client: Any, api: str, root: str) -> None:
    def create(part: str, parent: str = root) -> str:
        return str(client.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"])

    parent, pets, variable = create("parent"), create("pets"), create("{id}")
    deep = create("deep", create("below", pets))
    move = [{"op": "replace", "path": "/parentId", "value": parent}]
    for each in (pets, variable):
        client.update_resource(restApiId=api, resourceId=each, patchOperations=move)
    assert client.get_resource(restApiId=api, resourceId=deep)["path"] == "/parent/pets/below/deep"
    create("pets")
    create("{other}")
    client.delete_resource(restApiId=api, resourceId=parent)
    paths = {item["path"] for item in client.get_resources(restApiId=api)["items"]}
    assert paths == {"/", "/pets", "/{other}"}
    create("below", create("parent"))


def test_a_clone_knows_what_stands_where(client: Any, api: str, root: str) -> None:
    pets = client.create_resource(restApiId=api, parentId=root, pathPart="pets")["id"]
    client.create_resource(restApiId=api, parentId=pets, pathPart="{id}")
    clone = client.create_rest_api(name="clone", cloneFrom=api)
    with pytest.raises(client.exceptions.ConflictException):
        client.create_resource(restApiId=clone["id"], parentId=clone["rootResourceId"], pathPart="pets")
    items = client.get_resources(restApiId=clone["id"])["items"]
    ids = {item["path"]: item["id"] for item in items}
    assert set(ids) == {"/", "/pets", "/pets/{id}"}
    client.delete_resource(restApiId=clone["id"], resourceId=ids["/pets"])
    assert len(client.get_resources(restApiId=clone["id"])["items"]) == 1
