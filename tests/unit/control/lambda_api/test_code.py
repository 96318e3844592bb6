"""Where code comes from, and UpdateFunctionCode."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import PARTITION, Clock, Do, zipped

from gatewright.catalog.api import Catalog
from gatewright.control.lambda_api.code import update_function_code
from gatewright.control.lambda_api.functions import get_function
from gatewright.functions.api import FunctionName
from gatewright.functions.store import Code, resolve

INVALID = ("InvalidParameterValueException", 400)
BROKEN = "Could not unzip uploaded file. Please check your file, then try to upload again."


def code_of(catalog: Catalog) -> Code:
    with catalog.read(PARTITION) as reader:
        return resolve(reader, FunctionName(PARTITION.account, PARTITION.region, "pets")).primary.code


def test_a_zip_is_kept_for_the_engine(create: Callable[..., Any], catalog: Catalog) -> None:
    content = zipped()
    create(Code={"ZipFile": content})
    digest = code_of(catalog).digest
    assert digest is not None
    with catalog.read(PARTITION) as reader:
        assert reader.get_blob(digest) == content


def test_a_directory_is_hot_reloaded(
    do: Do, create: Callable[..., Any], catalog: Catalog, tmp_path: Path
) -> None:
    configuration = create(Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path)})
    assert configuration["CodeSize"] == 0
    assert code_of(catalog) == Code(directory=str(tmp_path))
    assert do(get_function)["Code"] == {"RepositoryType": "S3", "Location": f"file://{tmp_path}"}


def test_an_empty_zip_holds_no_function(refused_create: Callable[..., Any]) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    message = "Uploaded file must be a non-empty zip"
    assert refused_create(Code={"ZipFile": empty.getvalue()}) == (*INVALID, message)


def test_the_unzipped_size_is_bounded(refused_create: Callable[..., Any]) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("app.py", "w") as file,
    ):
        for _ in range(250):
            file.write(bytes(1 << 20))
    message = "Unzipped size must be smaller than 262144000 bytes"
    assert refused_create(Code={"ZipFile": content.getvalue()}) == (*INVALID, message)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({"ZipFile": b""}, BROKEN),
        ({"ZipFile": b"not a zip"}, BROKEN),
        ({"ZipFile": zipped()[:-30]}, BROKEN),
        ({"ZipFile": bytes(52_428_801)}, "at most 52428800"),
        ({}, "Please provide a source for function code."),
        ({"S3Bucket": "builds", "S3Key": "app.zip"}, "S3Bucket 'builds' cannot be read"),
        ({"S3Bucket": "hot-reload"}, "S3Key ''"),
        ({"S3Bucket": "hot-reload", "S3Key": "code"}, "S3Key 'code' is not the absolute path"),
        ({"S3Bucket": "hot-reload", "S3Key": "/no/such/place"}, "S3Key '/no/such/place'"),
        ({"S3Bucket": "hot-reload", "S3Key": "/\0"}, "is not the absolute path"),
        ({"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/pets"}, "ImageUri is not supported"),
        ({"ZipFile": zipped(), "S3ObjectVersion": "3"}, "S3ObjectVersion is not supported"),
    ],
)
def test_code_that_cannot_be_had_is_refused(
    refused_create: Callable[..., Any], code: dict[str, Any], words: str
) -> None:
    *kind, message = refused_create(Code=code)
    assert tuple(kind) == INVALID
    assert words in message


def test_new_code_is_a_new_revision(do: Do, create: Callable[..., Any], clock: Clock) -> None:
    before = create()
    clock.now += 60
    after = do(update_function_code, ZipFile=zipped("changed"), RevisionId=before["RevisionId"])
    changed = {member for member in after if after[member] != before[member]}
    assert changed == {"CodeSha256", "CodeSize", "LastModified", "RevisionId"}
    assert after["LastModified"] == "2023-11-14T22:14:20.750+0000"
    assert do(get_function)["Configuration"] == after


def test_a_dry_run_keeps_nothing(do: Do, create: Callable[..., Any]) -> None:
    before = create()
    would_be = do(update_function_code, ZipFile=zipped("changed"), DryRun=True)
    assert would_be["CodeSha256"] != before["CodeSha256"]
    assert do(get_function)["Configuration"] == before


def test_an_outdated_revision_changes_nothing(
    do: Do, create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    before = create()
    assert refused(update_function_code, ZipFile=zipped("changed"), RevisionId="old") == (
        "PreconditionFailedException",
        412,
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API "
        "to retrieve the latest Revision Id",
    )
    assert do(get_function)["Configuration"] == before


def test_only_the_whole_function_takes_new_code(
    create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    create(Publish=True)
    assert refused(update_function_code, FunctionName="pets:1", ZipFile=zipped())[:2] == INVALID


def test_a_code_update_of_a_missing_function_is_refused(refused: Callable[..., Any]) -> None:
    assert refused(update_function_code, ZipFile=zipped())[:2] == ("ResourceNotFoundException", 404)
