"""Configurations as they are returned: with the ARN the caller asked by, and without state in listings."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.store import qualified, require_alias, require_function, require_version
from gatewright.control.operation import Call
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.names import LATEST, is_version
from gatewright.functions.store import not_found

_UNLISTED = frozenset({"State", "LastUpdateStatus"})


def described(call: Call, function: FunctionName) -> Document:
    """The document of the version that `function` means; its configuration has the ARN as asked."""
    if function.qualifier is None:
        return require_function(call, function)
    document = require_version(call, function, _version_of(call, function, function.qualifier))
    document["Configuration"]["FunctionArn"] = function.arn
    return document


def listed(configuration: Document) -> Document:
    """A configuration as listings show it."""
    return {member: value for member, value in configuration.items() if member not in _UNLISTED}


def with_qualified_arn(function: FunctionName, configuration: Document) -> Document:
    return {**configuration, "FunctionArn": qualified(function, configuration["Version"]).arn}


def _version_of(call: Call, function: FunctionName, qualifier: str) -> str:
    if qualifier == LATEST or is_version(qualifier):
        return qualifier
    try:
        version: str = require_alias(call, function, qualifier)["Alias"]["FunctionVersion"]
    except FunctionNotFound:
        raise not_found(function) from None
    return version
