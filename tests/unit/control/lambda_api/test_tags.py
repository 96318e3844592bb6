"""Tags of a function, and what no function has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import Do

from gatewright.control.lambda_api.absent import (
    get_function_code_signing_config,
    get_function_concurrency,
    get_function_event_invoke_config,
    get_function_recursion_config,
    get_runtime_management_config,
    list_function_event_invoke_configs,
)
from gatewright.control.lambda_api.functions import get_function
from gatewright.control.lambda_api.tags import list_tags, tag_resource, untag_resource

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:pets"
INVALID = ("InvalidParameterValueException", 400)
MISSING = ("ResourceNotFoundException", 404)


def test_tags_are_added_replaced_and_removed(do: Do, create: Callable[..., Any]) -> None:
    create(Tags={"a": "1"})
    do(tag_resource, Resource=ARN, Tags={"a": "2", "b": ""})
    assert do(list_tags, Resource=ARN) == {"Tags": {"a": "2", "b": ""}}
    do(untag_resource, Resource=ARN, TagKeys=["a", "never there"])
    assert do(list_tags, Resource=ARN) == {"Tags": {"b": ""}}
    do(untag_resource, Resource=ARN, TagKeys=["b"])
    assert "Tags" not in do(get_function)


@pytest.mark.parametrize("operation", [list_tags, tag_resource, untag_resource])
def test_tags_belong_to_whole_functions_that_are_there(
    create: Callable[..., Any], refused: Callable[..., Any], operation: Any
) -> None:
    params = {"Tags": {"a": "1"}, "TagKeys": ["a"]}
    assert refused(operation, Resource=ARN, **params) == (*MISSING, f"Function not found: {ARN}")
    create(Publish=True)
    kind = refused(operation, Resource=f"{ARN}:1", **params)
    assert kind[:2] == INVALID
    assert kind[2].startswith("Tagging operations are permitted on Lambda functions only.")


@pytest.mark.parametrize(
    "tags",
    [
        {str(number): "" for number in range(51)},
        {"aws:mine": "x"},
        {"": "x"},
        {"k" * 129: "x"},
        {"k": "v" * 257},
    ],
)
def test_tags_are_bounded(
    do: Do,
    create: Callable[..., Any],
    refused: Callable[..., Any],
    refused_create: Callable[..., Any],
    tags: dict[str, str],
) -> None:
    assert refused_create(Tags=tags)[:2] == INVALID
    create()
    assert refused(tag_resource, Resource=ARN, Tags=tags)[:2] == INVALID
    assert do(list_tags, Resource=ARN) == {"Tags": {}}


def test_no_tags_are_no_request(create: Callable[..., Any], refused: Callable[..., Any]) -> None:
    create()
    assert refused(tag_resource, Resource=ARN, Tags={})[:2] == INVALID


def test_what_clients_read_and_no_function_has(do: Do, create: Callable[..., Any]) -> None:
    create()
    assert do(get_function_code_signing_config) == {}
    assert do(get_function_concurrency) == {}
    assert do(list_function_event_invoke_configs) == {"FunctionEventInvokeConfigs": []}
    assert do(get_function_recursion_config) == {"RecursiveLoop": "Allow"}
    management = {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}:$LATEST"}
    assert do(get_runtime_management_config) == management


@pytest.mark.parametrize(
    "operation",
    [
        get_function_code_signing_config,
        get_function_concurrency,
        list_function_event_invoke_configs,
        get_function_recursion_config,
        get_runtime_management_config,
    ],
)
def test_they_are_asked_of_functions_that_are_there(refused: Callable[..., Any], operation: Any) -> None:
    assert refused(operation) == (*MISSING, f"Function not found: {ARN}")


@pytest.mark.parametrize(("qualifier", "shown"), [(None, "$LATEST"), ("1", "1"), ("live", "live")])
def test_no_function_has_an_event_invoke_config(
    refused: Callable[..., Any], qualifier: str | None, shown: str
) -> None:
    message = f"The function {ARN}:{shown} doesn't have an EventInvokeConfig"
    assert refused(get_function_event_invoke_config, Qualifier=qualifier) == (*MISSING, message)
