"""A full disk: writes are refused in AWS's shape, traffic goes on, and nothing acknowledged is lost."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.processes import BOUND, Gatewright

DISK = "48m"  # SMALL_STATE takes 44 of them
LARGEST_DESCRIPTION = 1_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, that can be filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(65_536)):
                pass
        except OSError:
            pass
    return ballast


def _write_until_refused(node: Gatewright) -> tuple[list[str], ClientError]:
    """Make APIs; the ids of those acknowledged, and the refusal of the first that was not."""
    gateway = node.client("apigateway")
    acknowledged: list[str] = []
    try:
        while len(acknowledged) < 5_000:
            made = gateway.create_rest_api(name="filler", description="x" * LARGEST_DESCRIPTION)
            acknowledged.append(made["id"])
    except ClientError as error:
        return acknowledged, error
    finally:
        gateway.close()
    raise AssertionError("the disk never was full")


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        body: bytes = answer.read()
        return body


def _ids(node: Gatewright) -> set[str]:
    gateway = node.client("apigateway")
    pages = gateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    found = {item["id"] for page in pages for item in page["items"]}
    gateway.close()
    return found


def test_a_full_disk_stops_writes_only(small_disk: Path, start_serve: Start) -> None:
    node = start_serve(workers=1, data_dir=small_disk / "data")
    api = Api(node)
    api.mock("/", '"ok"')
    api.deploy("prod")
    url = node.stage_url(api.id, "prod")
    before = node.children("worker") | node.children("control")

    ballast = _fill(small_disk)
    acknowledged, refusal = _write_until_refused(node)
    assert refusal.response["Error"]["Code"] == "ServiceUnavailableException"
    assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert _read(url) == b'"ok"'
    assert {api.id, *acknowledged} <= _ids(node)

    ballast.unlink()
    acknowledged.append(api.gateway.create_rest_api(name="after")["id"])
    assert {api.id, *acknowledged} <= _ids(node)
    assert _read(url) == b'"ok"'
    assert node.children("worker") | node.children("control") == before
    api.gateway.close()

    node.close()
    again = start_serve(workers=1, data_dir=small_disk / "data")
    assert {api.id, *acknowledged} <= _ids(again)
    again.close()
