"""One management port for the module, and boto3 importing through it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError
from tests.support.management import client_of, running_management

from gatewright.catalog.api import Catalog
from gatewright.catalog.sqlite import open_catalog

Refused = Callable[..., tuple[str, str]]


class Import(Protocol):
    def __call__(self, document: Any, **params: Any) -> Any: ...


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path_factory.mktemp("data"))
    yield catalog
    catalog.close()


@pytest.fixture(scope="module")
def client(catalog: Catalog) -> Iterator[Any]:
    with running_management(catalog) as endpoint, client_of(endpoint) as client:
        yield client


def body(document: Any) -> bytes:
    return document if isinstance(document, bytes) else json.dumps(document).encode()


@pytest.fixture
def make(client: Any) -> Import:
    def make(document: Any, **params: Any) -> Any:
        made = client.import_rest_api(body=body(document), **params)
        del made["ResponseMetadata"]
        return made

    return make


@pytest.fixture
def put(client: Any) -> Import:
    def put(document: Any, **params: Any) -> Any:
        made = client.put_rest_api(body=body(document), **params)
        del made["ResponseMetadata"]
        return made

    return put


@pytest.fixture
def refused() -> Refused:
    """Import what must be refused: (code, message)."""

    def call(operation: Import, document: Any, **params: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as raised:
            operation(document, **params)
        error = raised.value.response["Error"]
        return error["Code"], error["Message"]

    return call


@pytest.fixture
def everything(client: Any) -> Callable[[str], dict[str, Any]]:
    """All that an API has but its own document, by names and paths instead of ids."""

    def read(api: str) -> dict[str, Any]:
        def listed(operation: str, **more: Any) -> list[Any]:
            items: list[Any] = getattr(client, operation)(restApiId=api, limit=500, **more)["items"]
            return items

        validators = {item["id"]: item["name"] for item in listed("get_request_validators")}
        authorizers = {item["id"]: item["name"] for item in listed("get_authorizers")}
        resources = {}
        for resource in listed("get_resources", embed=["methods"]):
            methods = resource.get("resourceMethods", {})
            for method in methods.values():
                if "requestValidatorId" in method:
                    method["requestValidatorId"] = validators[method["requestValidatorId"]]
                if "authorizerId" in method:
                    method["authorizerId"] = authorizers[method["authorizerId"]]
                integration = method.get("methodIntegration", {})
                if integration.get("cacheNamespace") == resource["id"]:
                    integration["cacheNamespace"] = "its own"
            resources[resource["path"]] = methods
        return {
            "models": {
                item["name"]: json.loads(item["schema"].replace(f"/restapis/{api}/", "/restapis/{api}/"))
                for item in listed("get_models")
            },
            "validators": {
                item["name"]: (item["validateRequestBody"], item["validateRequestParameters"])
                for item in listed("get_request_validators")
            },
            "authorizers": {
                item["name"]: {k: v for k, v in item.items() if k not in ("id", "name")}
                for item in listed("get_authorizers")
            },
            "gateway_responses": {
                item["responseType"]: {k: v for k, v in item.items() if k != "responseType"}
                for item in listed("get_gateway_responses")
                if not item["defaultResponse"]
            },
            "resources": resources,
        }

    return read
