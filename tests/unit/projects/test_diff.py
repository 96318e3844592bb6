"""Differences between what a stage serves and the draft, in the words of the API's own members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.projects.diff import LONGEST, differences

Look = Callable[[str], dict[str, Any]]


@pytest.fixture
def api(client: Any) -> str:
    """One method, deployed to `prod`."""
    api = str(client.create_rest_api(name="pets")["id"])
    root = client.get_rest_api(restApiId=api)["rootResourceId"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    put_http(client, where, "http://old.example/")
    client.create_request_validator(restApiId=api, name="body", validateRequestBody=True)
    client.create_deployment(restApiId=api, stageName="prod")
    return api


def put_http(client: Any, where: dict[str, str], uri: str) -> None:
    client.put_integration(**where, type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri)


def where_of(client: Any, api: str) -> dict[str, str]:
    root = client.get_rest_api(restApiId=api)["rootResourceId"]
    return {"restApiId": api, "resourceId": root, "httpMethod": "GET"}


def changes(look: Look, api: str) -> list[str]:
    found = look(api)
    (stage,) = found["stages"]
    return differences(stage["live"], found["draft"])


def test_nothing_differs_after_a_deployment(look: Look, api: str) -> None:
    assert changes(look, api) == []


def test_a_changed_member_is_told_with_both_values(client: Any, look: Look, api: str) -> None:
    put_http(client, where_of(client, api), "http://new.example/")
    assert changes(look, api) == ["/ GET integration.uri: http://old.example/ -> http://new.example/"]


def test_a_template_is_told_line_by_line(client: Any, look: Look, api: str) -> None:
    where = where_of(client, api)
    for template in ("{\n  #set($a = 1)\n}", "{\n  #set($a = 2)\n}"):
        client.put_integration(**where, type="MOCK", requestTemplates={"application/json": template})
        if template.count("1"):
            client.create_deployment(restApiId=api, stageName="prod")
    assert changes(look, api) == [
        "/ GET integration.requestTemplates.application/json:",
        "     {",
        "    -  #set($a = 1)",
        "    +  #set($a = 2)",
        "     }",
    ]


def test_what_comes_and_goes(client: Any, look: Look, api: str) -> None:
    where = where_of(client, api)
    client.delete_method(**where)
    pets = client.create_resource(restApiId=api, parentId=where["resourceId"], pathPart="pets")["id"]
    toys = client.create_resource(restApiId=api, parentId=pets, pathPart="toys")["id"]
    client.put_method(restApiId=api, resourceId=toys, httpMethod="POST", authorizationType="NONE")
    client.create_model(restApiId=api, name="Pet", contentType="application/json", schema="{}")
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX")
    assert changes(look, api) == [
        "/ GET: removed",
        "/ (no methods): added",
        "/pets (no methods): added",
        "/pets/toys POST: added",
        "model Pet: added",
        "gateway response DEFAULT_4XX: added",
    ]


def test_entities_are_told_by_name_whatever_their_ids(client: Any, look: Look, api: str) -> None:
    where = where_of(client, api)
    (validator,) = client.get_request_validators(restApiId=api)["items"]
    change = {"op": "replace", "path": "/requestValidatorId", "value": validator["id"]}
    client.update_method(**where, patchOperations=[change])
    client.update_request_validator(
        restApiId=api,
        requestValidatorId=validator["id"],
        patchOperations=[{"op": "replace", "path": "/validateRequestParameters", "value": "true"}],
    )
    assert changes(look, api) == [
        "/ GET validator: (none) -> body",
        "validator body validateRequestParameters: false -> true",
    ]


def test_members_of_the_api_and_long_values(client: Any, look: Look, api: str) -> None:
    long = "d" * (LONGEST + 1)
    operations = [
        {"op": "replace", "path": "/description", "value": long},
        {"op": "add", "path": "/binaryMediaTypes/image~1png"},
    ]
    client.update_rest_api(restApiId=api, patchOperations=operations)
    assert changes(look, api) == [
        f"API description: (none) -> {'d' * LONGEST}… ({LONGEST + 1} characters)",
        'API binaryMediaTypes: (none) -> ["image/png"]',
    ]
