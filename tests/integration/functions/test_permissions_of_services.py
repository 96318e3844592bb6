"""A service invokes a function only if the policy of exactly what it names lets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from gatewright.catalog import keys
from gatewright.functions.api import PermissionDenied, Source

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

FILES = {"app.py": "def handler(event, context):\n    return 1\n"}


def allow(resource: str) -> dict[str, Any]:
    return {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:eu-west-1:123456789012:function:{resource}",
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/*"}
        },
    }


def test_without_a_permission_a_service_is_refused(functions: Lambda, gateway_source: Source) -> None:
    functions.deploy("f", FILES)
    assert functions.call("f") == 1
    with pytest.raises(PermissionDenied, match=r"apigateway\.amazonaws\.com is not authorized to perform"):
        functions.invoke("f", source=gateway_source)


def test_with_a_permission_it_may(functions: Lambda, gateway_source: Source) -> None:
    functions.deploy("f", FILES, policy=[allow("f")])
    assert functions.call("f", source=gateway_source) == 1


def test_a_permission_counts_as_soon_as_it_is_given(
    start_lambda: Callable[..., Lambda], gateway_source: Source
) -> None:
    functions = start_lambda(config_check=60.0)  # nothing is followed in time
    functions.deploy("f", FILES)
    assert functions.call("f") == 1
    with pytest.raises(PermissionDenied):
        functions.invoke("f", source=gateway_source)
    functions.deploy("f", FILES, policy=[allow("f")])
    assert functions.call("f", source=gateway_source) == 1


def test_a_permission_of_the_function_does_not_open_its_aliases(
    functions: Lambda, gateway_source: Source
) -> None:
    functions.deploy("f", FILES, policy=[allow("f")])
    functions.deploy("f", FILES, version="1")
    for policy, opened in (([], False), ([allow("f:live")], True)):
        with functions.catalog.write(functions.partition) as tx:
            document = {"Alias": {"Name": "live", "FunctionVersion": "1"}, "Policy": {"Statement": policy}}
            tx.put(keys.function_alias("f", "live"), document)
        functions.invoke("f:live", invocation_type="DryRun")  # reads the newest
        if opened:
            assert functions.call("f:live", source=gateway_source) == 1
        else:
            with pytest.raises(PermissionDenied):
                functions.invoke("f:live", source=gateway_source)


def test_a_permission_that_is_removed_is_missed(functions: Lambda, gateway_source: Source) -> None:
    functions.deploy("f", FILES, policy=[allow("f")])
    assert functions.call("f", source=gateway_source) == 1
    functions.deploy("f", FILES)
    functions.invoke("f", invocation_type="DryRun")  # reads the newest
    with pytest.raises(PermissionDenied):
        functions.invoke("f", source=gateway_source)


def test_the_owner_may_turn_the_check_off(
    start_lambda: Callable[..., Lambda], gateway_source: Source
) -> None:
    functions = start_lambda(enforce_permissions=False)
    functions.deploy("f", FILES)
    assert functions.call("f", source=gateway_source) == 1
