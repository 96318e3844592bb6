"""What names resolve to, in a real catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import FunctionName, FunctionNotFound
from gatewright.functions.store import Code, ResolvedFunction, resolve

PARTITION = Partition("123456789012", "eu-west-1")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    with catalog.write(PARTITION) as tx:
        tx.put(keys.function("pets"), document("$LATEST", {"directory": "/code"}, ["latest"]))
        tx.put(keys.function_version("pets", "1"), document("1", {"digest": "aa"}, []))
        tx.put(keys.function_version("pets", "2"), document("2", {"digest": "bb"}, ["two"]))
        weights = {"AdditionalVersionWeights": {"2": 0.25}}
        alias = {"Name": "live", "FunctionVersion": "1", "RoutingConfig": weights}
        tx.put(
            keys.function_alias("pets", "live"), {"Alias": alias, "Policy": {"Statement": [{"Sid": "live"}]}}
        )
        dangling = {"Alias": {"Name": "dangling", "FunctionVersion": "9"}}
        tx.put(keys.function_alias("pets", "dangling"), dangling)
    yield catalog
    catalog.close()


def document(version: str, code: dict[str, str], sids: list[str]) -> dict[str, Any]:
    statements = [{"Sid": sid} for sid in sids]
    return {"Configuration": {"Version": version}, "Code": code, "Policy": {"Statement": statements}}


def look_up(catalog: Catalog, qualifier: str | None) -> ResolvedFunction:
    with catalog.read(PARTITION) as reader:
        return resolve(reader, FunctionName(PARTITION.account, PARTITION.region, "pets", qualifier))


@pytest.mark.parametrize(
    ("qualifier", "version", "code", "sids"),
    [
        (None, "$LATEST", Code(directory="/code"), ["latest"]),
        ("$LATEST", "$LATEST", Code(directory="/code"), ["latest"]),
        ("1", "1", Code(digest="aa"), []),
        ("2", "2", Code(digest="bb"), ["two"]),
        ("live", "1", Code(digest="aa"), ["live"]),
    ],
)
def test_each_qualifier(
    catalog: Catalog, qualifier: str | None, version: str, code: Code, sids: list[str]
) -> None:
    found = look_up(catalog, qualifier)
    assert (found.primary.version, found.primary.code) == (version, code)
    assert [statement["Sid"] for statement in found.statements] == sids


@pytest.mark.parametrize(("draw", "version"), [(0.0, "2"), (0.249, "2"), (0.25, "1"), (0.999, "1")])
def test_an_alias_spreads_by_weight(catalog: Catalog, draw: float, version: str) -> None:
    assert look_up(catalog, "live").choose(lambda: draw).version == version


def test_what_does_not_spread_draws_nothing(catalog: Catalog) -> None:
    def no_draw() -> float:
        raise AssertionError("nothing to choose between")

    assert look_up(catalog, "1").choose(no_draw).version == "1"


@pytest.mark.parametrize("qualifier", ["3", "beta", "dangling"])
def test_what_is_not_there(catalog: Catalog, qualifier: str) -> None:
    with pytest.raises(FunctionNotFound) as caught:
        look_up(catalog, qualifier)
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:pets:{qualifier}"
    assert caught.value.message == f"Function not found: {arn}"
    assert (caught.value.code, caught.value.members) == ("ResourceNotFoundException", {"Type": "User"})
