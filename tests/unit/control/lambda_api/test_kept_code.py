"""A zip is kept as long as a version of some function has it, and no longer."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import PARTITION, Do, zipped

from gatewright.catalog.api import Catalog, Partition
from gatewright.control.context import Services
from gatewright.control.lambda_api.code import update_function_code
from gatewright.control.lambda_api.functions import create_function, delete_function
from gatewright.control.lambda_api.versions import publish_version
from gatewright.control.operation import Call

FIRST, SECOND = zipped("first"), zipped("second")
INVALID = ("InvalidParameterValueException", 400)


@pytest.fixture
def kept(catalog: Catalog) -> Callable[[], list[bytes]]:
    """Which of the two zips the catalog has."""

    def look() -> list[bytes]:
        with catalog.read(PARTITION) as reader:
            return [each for each in (FIRST, SECOND) if reader.get_blob(sha256(each).hexdigest()) == each]

    return look


Kept = Callable[[], list[bytes]]


@pytest.fixture(autouse=True)
def pets(create: Callable[..., Any]) -> None:
    create(Code={"ZipFile": FIRST})


def test_replaced_code_goes(do: Do, kept: Kept) -> None:
    do(update_function_code, ZipFile=SECOND)
    assert kept() == [SECOND]
    do(update_function_code, ZipFile=SECOND)
    assert kept() == [SECOND]
    do(update_function_code, S3Bucket="hot-reload", S3Key="/")
    assert kept() == []


def test_a_dry_run_keeps_nothing_and_takes_nothing(do: Do, kept: Kept) -> None:
    do(update_function_code, ZipFile=SECOND, DryRun=True)
    do(update_function_code, ZipFile=FIRST, DryRun=True)
    assert kept() == [FIRST]


def test_published_versions_keep_theirs(do: Do, kept: Kept) -> None:
    do(publish_version)
    do(update_function_code, ZipFile=SECOND, Publish=True)
    assert kept() == [FIRST, SECOND]
    do(delete_function, Qualifier="1")
    assert kept() == [SECOND]
    do(delete_function)
    assert kept() == []


@pytest.mark.parametrize("partition", [PARTITION, Partition("999999999999", "us-west-2")])
def test_another_function_keeps_equal_code(
    do: Do, kept: Kept, catalog: Catalog, partition: Partition
) -> None:
    params = {"FunctionName": "dogs", "Runtime": "python3.12", "Handler": "app.handler"}
    with catalog.write(partition) as tx:
        create_function(
            Call(tx, Services()), {**params, "Role": "arn:aws:iam::1:role/r", "Code": {"ZipFile": FIRST}}
        )
    do(delete_function)
    assert kept() == [FIRST]
    with catalog.write(partition) as tx:
        delete_function(Call(tx, Services()), {"FunctionName": "dogs"})
    assert kept() == []


def with_links(**links: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "")
        for name, target in links.items():
            entry = zipfile.ZipInfo(name.replace("__", "/"))
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
    return content.getvalue()


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil", "..\\evil"])
def test_a_name_that_leads_out_is_refused(refused_create: Callable[..., Any], name: str) -> None:
    code, status, message = refused_create(FunctionName="dogs", Code={"ZipFile": zipped(name=name)})
    assert (code, status) == INVALID
    assert message == (
        f"Could not unzip uploaded file. The zip's entry '{name}' is not a path inside the function's "
        "directory."
    )


@pytest.mark.parametrize(
    "links",
    [
        {"evil": "/etc"},
        {"evil": ".."},
        {"a__evil": "../../x"},
        {"deep__down__root": "../..", "evil": "deep/down/root/.."},
        {"a": "b", "evil": "a/../..", "b": "app.py"},
    ],
)
def test_a_link_that_leads_out_is_refused(refused_create: Callable[..., Any], links: dict[str, str]) -> None:
    refusal = refused_create(FunctionName="dogs", Code={"ZipFile": with_links(**links)})
    assert refusal == (
        *INVALID,
        "Could not unzip uploaded file. The zip's link "
        f"'{'a/evil' if 'a__evil' in links else 'evil'}' leads out of the function's directory.",
    )


@pytest.mark.parametrize(
    "links",
    [{"a": "app.py"}, {"a__b__up": "../../app.py", "c": "a/b/up"}, {"a": "b", "b": "a"}, {"a": "missing"}],
)
def test_links_inside_are_taken(create: Callable[..., Any], links: dict[str, str]) -> None:
    assert create(FunctionName="dogs", Code={"ZipFile": with_links(**links)})["FunctionName"] == "dogs"
