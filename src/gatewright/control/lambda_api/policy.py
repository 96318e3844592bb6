"""A function's resource policy: AddPermission, GetPolicy, RemovePermission, each for one qualifier."""

from __future__ import annotations

import orjson

from gatewright.aws.errors import AwsError
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.lambda_api.statements import statement_of
from gatewright.control.lambda_api.store import (
    ResourceConflict,
    check_revision,
    named,
    put_alias,
    put_version,
    require_alias,
    require_function,
    require_version,
)
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.names import LATEST, InvalidParameterValue, is_version

POLICY_BYTES = 20_480  # Lambda's quota for a resource policy


class PolicyLengthExceeded(AwsError):
    code, status = "PolicyLengthExceededException", 400


def add_permission(call: Call, params: Params) -> Document:
    function = named(call.partition, params)
    if function.qualifier == LATEST:
        raise InvalidParameterValue("We currently do not support adding policies for $LATEST.")
    document = _document(call, function)
    check_revision(params, _revision(document))
    statements = _statements(document)
    if any(statement["Sid"] == params["StatementId"] for statement in statements):
        raise ResourceConflict(
            f"The statement id ({params['StatementId']}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement.",
            Type="User",
        )
    added = statement_of(function, params)
    _put(call, function, document, [*statements, added])
    return {"Statement": orjson.dumps(added).decode()}


def get_policy(call: Call, params: Params) -> Document:
    document = _document(call, named(call.partition, params))
    statements = _statements(document)
    if not statements:
        raise FunctionNotFound("The resource you requested does not exist.", Type="User")
    return {"Policy": _policy(statements).decode(), "RevisionId": _revision(document)}


def remove_permission(call: Call, params: Params) -> None:
    function = named(call.partition, params)
    if call.tx.get(keys.function(function.name)) is None:
        raise FunctionNotFound(f"No policy found for: {function.arn}", Type="User")
    document = _document(call, function)
    statements = _statements(document)
    if not statements:
        raise FunctionNotFound("No policy is associated with the given resource.", Type="User")
    kept = [statement for statement in statements if statement["Sid"] != params["StatementId"]]
    if len(kept) == len(statements):
        raise FunctionNotFound(
            f"Statement {params['StatementId']} is not found in resource policy.", Type="User"
        )
    check_revision(params, _revision(document))
    _put(call, function, document, kept)


def _document(call: Call, function: FunctionName) -> Document:
    """What owns the policy: the function, one of its versions or an alias."""
    latest = require_function(call, function)
    qualifier = function.qualifier or LATEST
    if qualifier == LATEST:
        return latest
    if is_version(qualifier):
        return require_version(call, function, qualifier)
    return require_alias(call, function, qualifier)


def _revision(document: Document) -> str:
    owner = document.get("Alias") or document["Configuration"]
    revision: str = owner["RevisionId"]
    return revision


def _statements(document: Document) -> list[Document]:
    return list((document.get("Policy") or {}).get("Statement") or ())


def _policy(statements: list[Document]) -> bytes:
    return orjson.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})


def _put(call: Call, function: FunctionName, document: Document, statements: list[Document]) -> None:
    size = len(_policy(statements))
    if size > POLICY_BYTES:
        raise PolicyLengthExceeded(
            f"The final policy size ({size}) is bigger than the limit ({POLICY_BYTES}).", Type="User"
        )
    document["Policy"] = {"Statement": statements}
    if "Alias" in document:
        put_alias(call, function, document)
    else:
        put_version(call, document)
