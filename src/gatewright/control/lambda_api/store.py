"""Finding and keeping what a function consists of: by name, as documents of the catalog, by revision."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from gatewright.aws.errors import AccessDenied, AwsError
from gatewright.catalog import keys
from gatewright.catalog.api import Document, Partition
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.names import LATEST, InvalidParameterValue, is_version, parse_function_name
from gatewright.functions.store import not_found


class ResourceConflict(AwsError):
    code, status = "ResourceConflictException", 409


class PreconditionFailed(AwsError):
    code, status = "PreconditionFailedException", 412


def named(partition: Partition, params: Params) -> FunctionName:
    """The function a call is about, by `FunctionName` and `Qualifier`, if it is of the caller's partition."""
    function = parse_function_name(
        params["FunctionName"],
        account=partition.account,
        region=partition.region,
        qualifier=params.get("Qualifier"),
    )
    if function.region != partition.region:
        raise FunctionNotFound(
            f"Functions from '{function.region}' are not reachable in this region ('{partition.region}')",
            Type="User",
        )
    if function.account != partition.account:
        raise AccessDenied(
            f"Account {partition.account} is not authorized to act on {function.arn}: it belongs to another "
            "account",
            Type="User",
        )
    return function


def named_whole(partition: Partition, params: Params) -> FunctionName:
    """As `named`, for operations on the function as a whole: a qualifier is refused."""
    function = named(partition, params)
    if function.qualifier is not None:
        raise InvalidParameterValue(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
            "operation. Please specify either a function name or an unqualified function ARN."
        )
    return function


def qualified(function: FunctionName, qualifier: str) -> FunctionName:
    return FunctionName(function.account, function.region, function.name, qualifier)


def unqualified(function: FunctionName) -> FunctionName:
    return FunctionName(function.account, function.region, function.name)


def require_function(call: Call, function: FunctionName) -> Document:
    """The document of `$LATEST`; the error names the function without a qualifier."""
    document = call.tx.get(keys.function(function.name))
    if document is None:
        raise not_found(unqualified(function))
    return document


def require_version(call: Call, function: FunctionName, version: str) -> Document:
    """The document of `$LATEST` or of a published version; the error names the version."""
    if version != LATEST and not is_version(version):
        raise not_found(qualified(function, version))
    document = call.tx.get(_key(function.name, version))
    if document is None:
        raise not_found(qualified(function, version))
    return document


def require_alias(call: Call, function: FunctionName, name: str) -> Document:
    document = call.tx.get(keys.function_alias(function.name, name))
    if document is None:
        raise FunctionNotFound(f"Cannot find alias arn: {qualified(function, name).arn}", Type="User")
    return document


def versions(call: Call, name: str) -> list[Document]:
    """The documents of a function's published versions, oldest first."""
    found = [document for _, document in call.tx.list(keys.below("functionversion", name))]
    return sorted(found, key=lambda document: int(document["Configuration"]["Version"]))


def aliases(call: Call, name: str) -> Iterator[Document]:
    return (document["Alias"] for _, document in call.tx.list(keys.below("functionalias", name)))


def put_version(call: Call, document: Document) -> None:
    """Keep the document of `$LATEST` or of a published version, as a new revision; code it replaces goes."""
    configuration = document["Configuration"]
    configuration["RevisionId"] = new_revision(call)
    name, version = configuration["FunctionName"], configuration["Version"]
    before = call.tx.get(_key(name, version))
    call.tx.put(_key(name, version), document)
    if before is None or before["Code"] != document["Code"]:
        if digest := document["Code"].get("digest"):
            call.tx.put(keys.code_use(digest, name, version), {})
        if before is not None:
            _end_use(call, before)


def delete_version(call: Call, name: str, version: str) -> None:
    """Remove `$LATEST` or a published version, if it is there, and its code, if nothing else has it."""
    key = _key(name, version)
    document = call.tx.get(key)
    if document is not None:
        call.tx.delete(key)
        _end_use(call, document)


def drop_unused_code(call: Call, code: Document) -> None:
    """Remove a zip that no version of any function has."""
    if digest := code.get("digest"):
        call.tx.drop_blob(digest, keys.below("code", digest))


def _end_use(call: Call, document: Document) -> None:
    configuration, code = document["Configuration"], document["Code"]
    if digest := code.get("digest"):
        name, version = configuration["FunctionName"], configuration["Version"]
        call.tx.delete(keys.code_use(digest, name, version))
        drop_unused_code(call, code)


def put_alias(call: Call, function: FunctionName, document: Document) -> None:
    """Keep an alias's document, as a new revision."""
    document["Alias"]["RevisionId"] = new_revision(call)
    call.tx.put(keys.function_alias(function.name, document["Alias"]["Name"]), document)


def put_change(call: Call, before: Document, after: Document) -> None:
    """Keep a changed `$LATEST`; if code or configuration differ, the next PublishVersion makes a version."""
    if any(after[member] != before[member] for member in ("Code", "Configuration")):
        after.pop("Published", None)
    after["Configuration"]["LastModified"] = last_modified(call)
    put_version(call, after)


def check_revision(params: Params, current: str) -> None:
    if params.get("RevisionId") not in (None, "", current):
        raise PreconditionFailed(
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
            "API to retrieve the latest Revision Id",
            Type="User",
        )


def new_revision(call: Call) -> str:
    """A version 4 UUID."""
    seed = hashlib.sha256(call.services.new_id(32).encode()).digest()
    return str(uuid.UUID(bytes=seed[:16], version=4))


def last_modified(call: Call) -> str:
    """Now, as Lambda writes it: `2024-03-27T09:14:35.123+0000`."""
    now = datetime.fromtimestamp(call.services.clock(), UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _key(name: str, version: str) -> str:
    return keys.function(name) if version == LATEST else keys.function_version(name, version)
