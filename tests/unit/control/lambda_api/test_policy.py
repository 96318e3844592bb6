"""Resource policies, one for the function and one for each version and alias."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import PARTITION, Do

from gatewright.catalog.api import Catalog
from gatewright.control.lambda_api.aliases import create_alias, get_alias
from gatewright.control.lambda_api.configuration import get_function_configuration
from gatewright.control.lambda_api.policy import add_permission, get_policy, remove_permission
from gatewright.functions.api import FunctionName, Source
from gatewright.functions.permissions import allows, compiled
from gatewright.functions.store import resolve

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:pets"
API = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/POST/pets"
INVALID = ("InvalidParameterValueException", 400)
MISSING = ("ResourceNotFoundException", 404)


@pytest.fixture(autouse=True)
def function(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(create_alias, Name="live", FunctionVersion="1")


@pytest.fixture
def allow(do: Do) -> Callable[..., Any]:
    def call(sid: str = "api", **params: Any) -> Any:
        given = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", **params}
        return json.loads(do(add_permission, StatementId=sid, **given)["Statement"])

    return call


def statements(do: Do, **params: Any) -> Any:
    return json.loads(do(get_policy, **params)["Policy"])["Statement"]


def test_a_statement_says_who_may_invoke_on_whose_behalf(do: Do, allow: Callable[..., Any]) -> None:
    statement = allow(SourceArn=API, SourceAccount="111122223333")
    assert statement == {
        "Sid": "api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "ArnLike": {"AWS:SourceArn": API},
            "StringEquals": {"AWS:SourceAccount": "111122223333"},
        },
    }
    policy = json.loads(do(get_policy)["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


@pytest.mark.parametrize("qualifier", [None, "1", "live"])
def test_the_engine_obeys_what_was_added(
    allow: Callable[..., Any], catalog: Catalog, qualifier: str | None
) -> None:
    allow(SourceArn=API, Qualifier=qualifier)
    function = FunctionName(PARTITION.account, PARTITION.region, "pets", qualifier)
    with catalog.read(PARTITION) as reader:
        found = resolve(reader, function).statements
    own = API.replace("*", "prod")
    service = "apigateway.amazonaws.com"
    assert allows(compiled(found), function, Source(service, own, PARTITION.account))
    other = own.replace("a1b2c3d4e5", "f6g7h8i9j0")
    assert not allows(compiled(found), function, Source(service, other, PARTITION.account))


@pytest.mark.parametrize(
    ("principal", "written"),
    [
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("444455556666", {"AWS": "arn:aws:iam::444455556666:root"}),
        ("arn:aws:iam::444455556666:role/caller", {"AWS": "arn:aws:iam::444455556666:role/caller"}),
        ("*", "*"),
    ],
)
def test_principals(allow: Callable[..., Any], principal: str, written: Any) -> None:
    assert allow(Principal=principal)["Principal"] == written


def test_a_principal_that_is_nobody_is_refused(refused: Callable[..., Any]) -> None:
    assert refused(add_permission, StatementId="s", Action="lambda:*", Principal="somebody") == (
        *INVALID,
        "The provided principal was invalid. Please check the principal and try again.",
    )


def test_each_qualifier_has_its_own_policy_and_revision(do: Do, allow: Callable[..., Any]) -> None:
    before = do(get_alias, Name="live")["RevisionId"]
    allow("same")
    allow("same", Qualifier="1")
    allow("same", Qualifier="live")
    for qualifier in (None, "1", "live"):
        suffix = f":{qualifier}" if qualifier else ""
        assert [each["Resource"] for each in statements(do, Qualifier=qualifier)] == [ARN + suffix]
    after = do(get_alias, Name="live")["RevisionId"]
    assert before != after == do(get_policy, Qualifier="live")["RevisionId"]
    assert do(get_policy)["RevisionId"] == do(get_function_configuration)["RevisionId"]


def test_a_statement_id_is_taken_once(allow: Callable[..., Any], refused: Callable[..., Any]) -> None:
    allow("twice")
    given = {"StatementId": "twice", "Action": "lambda:InvokeFunction", "Principal": "*"}
    assert refused(add_permission, **given) == (
        "ResourceConflictException",
        409,
        "The statement id (twice) provided already exists. Please provide a new statement id, or remove the "
        "existing statement.",
    )


def test_removed_statements_are_gone_and_the_last_takes_the_policy_along(
    do: Do, allow: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    allow("first")
    allow("second")
    assert do(remove_permission, StatementId="first") is None
    assert [each["Sid"] for each in statements(do)] == ["second"]
    do(remove_permission, StatementId="second")
    assert refused(get_policy) == (*MISSING, "The resource you requested does not exist.")


def test_what_is_not_there_is_named(do: Do, allow: Callable[..., Any], refused: Callable[..., Any]) -> None:
    none = "No policy is associated with the given resource."
    assert refused(remove_permission, StatementId="s") == (*MISSING, none)
    allow("other")
    absent = "Statement s is not found in resource policy."
    assert refused(remove_permission, StatementId="s") == (*MISSING, absent)
    unknown = f"No policy found for: {ARN}-2"
    assert refused(remove_permission, FunctionName="pets-2", StatementId="s") == (*MISSING, unknown)
    assert refused(get_policy, FunctionName="pets-2") == (*MISSING, f"Function not found: {ARN}-2")
    assert refused(get_policy, Qualifier="none") == (*MISSING, f"Cannot find alias arn: {ARN}:none")
    assert refused(get_policy, Qualifier="9") == (*MISSING, f"Function not found: {ARN}:9")


def test_outdated_revisions_change_nothing(
    do: Do, allow: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    allow("kept")
    given = {"StatementId": "new", "Action": "lambda:InvokeFunction", "Principal": "*", "RevisionId": "old"}
    assert refused(add_permission, **given)[0] == "PreconditionFailedException"
    removal = refused(remove_permission, StatementId="kept", RevisionId="old")
    assert removal[0] == "PreconditionFailedException"
    assert [each["Sid"] for each in statements(do)] == ["kept"]


def test_latest_by_name_takes_no_policy(refused: Callable[..., Any]) -> None:
    given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*", "Qualifier": "$LATEST"}
    message = "We currently do not support adding policies for $LATEST."
    assert refused(add_permission, **given) == (*INVALID, message)


def test_a_policy_is_bounded(allow: Callable[..., Any], refused: Callable[..., Any]) -> None:
    allow("long", EventSourceToken="t" * 20_000)
    given = {"Action": "lambda:InvokeFunction", "Principal": "*", "EventSourceToken": "t" * 200}
    code, status, message = refused(add_permission, StatementId="more", **given)
    assert (code, status) == ("PolicyLengthExceededException", 400)
    assert "(20480)" in message


def test_conditions_nothing_can_check_keep_services_out(allow: Callable[..., Any], catalog: Catalog) -> None:
    statement = allow(Principal="*", FunctionUrlAuthType="NONE", InvokedViaFunctionUrl=True)
    assert statement["Condition"] == {
        "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"},
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
    }
    source = Source("apigateway.amazonaws.com", API, PARTITION.account)
    assert not allows(
        compiled([statement]), FunctionName(PARTITION.account, PARTITION.region, "pets"), source
    )
