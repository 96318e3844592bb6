"""Documents and blobs: what is put comes back, listed in order, for its own partition only."""

from __future__ import annotations

import random
import threading
from hashlib import sha256
from typing import Any

import pytest

from gatewright.catalog import bounds, sql
from gatewright.catalog.api import Catalog, InvalidDocument, Partition

ELSEWHERE = Partition("123456789012", "eu-west-1")


def test_a_document_comes_back_as_a_fresh_copy(catalog: Catalog, home: Partition) -> None:
    document = {"name": "Pets", "tags": {"ä": [1, 2.5, None, True]}, "big": 2**63}
    with catalog.write(home) as tx:
        tx.put("restapi/a", document)
        copy = tx.get("restapi/a")
        assert copy == document
        copy["name"] = "changed by the caller"
    with catalog.read(home) as reader:
        assert reader.get("restapi/a") == document
        assert reader.get("restapi/b") is None


@pytest.mark.parametrize("remembered", [0, 60, sql.KNOWN_BYTES])
def test_a_write_sees_all_that_it_did_before_and_so_does_the_next_one(
    catalog: Catalog, home: Partition, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "KNOWN_BYTES", remembered)
    pick = random.Random(20)
    expected: dict[str, Any] = {}
    keys = [f"{kind}/{number}" for kind in ("model", "method") for number in range(4)]
    for _ in range(6):
        with catalog.write(home) as tx:
            for step in range(40):
                key, below = pick.choice(keys), pick.choice(("model/", "method/"))
                match pick.choice(("put", "put", "put", "delete", "get", "list", "clear", "get")):
                    case "put":
                        tx.put(key, {"step": step})
                        expected[key] = {"step": step}
                    case "delete":
                        assert tx.delete(key) is (expected.pop(key, None) is not None)
                    case "get":
                        assert tx.get(key) == expected.get(key)
                    case "list":
                        assert dict(tx.list(below)) == _below(expected, below)
                    case "clear" if step % 4 == 0:
                        gone = _below(expected, below)
                        assert tx.delete_below(below) == len(gone)
                        expected = {kept: expected[kept] for kept in expected if kept not in gone}
        with catalog.read(home) as reader:
            assert {key: reader.get(key) for key in keys} == {key: expected.get(key) for key in keys}


def _below(documents: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {key: document for key, document in documents.items() if key.startswith(prefix)}


def test_a_write_that_undoes_itself_leaves_nothing(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        tx.put("model/a", {"name": "A"})
        assert tx.delete("model/a")
        assert not tx.delete("model/a")
        assert tx.get("model/a") is None
    with catalog.read(home) as reader:
        assert reader.get("model/a") is None
        assert not list(reader.list("model/"))


def test_a_listing_is_in_byte_order_and_holds_all_depths_of_its_prefix_only(
    catalog: Catalog, home: Partition
) -> None:
    below = [
        "method/a/1/GET",
        "method/a/1/POST",
        "method/a/10/GET",
        "method/a/Z",
        "method/a/é",
        "method/a/\U0001f600",
    ]
    others = ["method", "method/a", "method/a0/1", "method/ab/1", "method/a-/1", "methods/a/1"]
    with catalog.write(home) as tx:
        for key in [*others, *reversed(below)]:
            tx.put(key, {"key": key})
        assert [key for key, _ in tx.list("method/a/")] == sorted(below, key=str.encode)
        assert all(document == {"key": key} for key, document in tx.list("method/a/"))


def test_a_listing_is_not_disturbed_by_what_is_written_while_it_is_read(
    catalog: Catalog, home: Partition
) -> None:
    with catalog.write(home) as tx:
        for number in range(5):
            tx.put(f"k/{number}", {"n": number})
        listed = []
        for key, document in tx.list("k/"):
            listed.append(key)
            tx.delete(key)
            tx.put(f"k/{key[2:]}{key[2:]}", document)
        assert listed == [f"k/{number}" for number in range(5)]


def test_deleting(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        for key in ("a/1", "a/2/x", "b/1"):
            tx.put(key, {})
        assert tx.delete("b/1") is True
        assert tx.delete("b/1") is False
        assert tx.delete_below("a/") == 2
        assert tx.delete_below("a/") == 0
        assert list(tx.list("a/")) == []


def test_partitions_do_not_see_each_other_and_find_sees_all(catalog: Catalog, home: Partition) -> None:
    with catalog.write(ELSEWHERE) as tx:
        tx.put("restapi/there", {})
    with catalog.write(home) as tx:
        tx.put("restapi/here", {})
        assert tx.get("restapi/there") is None
        assert [key for key, _ in tx.list("restapi/")] == ["restapi/here"]
    assert catalog.find("restapi/there") == ELSEWHERE
    assert catalog.find("restapi/here") == home
    assert catalog.find("restapi/nowhere") is None


def test_an_exception_rolls_everything_back(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        tx.put("a/1", {"n": 1})

    def fail() -> None:
        with catalog.write(home) as tx:
            tx.put("a/1", {"n": 2})
            tx.put("a/2", {"n": 2})
            tx.put_blob(b"content")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with catalog.read(home) as reader:
        assert list(reader.list("a/")) == [("a/1", {"n": 1})]
        assert reader.get_blob(sha256(b"content").hexdigest()) is None
    assert catalog.revision() == 1


def test_blobs_are_kept_by_their_digest(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        digest = tx.put_blob(b"\x00zip\xff")
        assert tx.put_blob(b"\x00zip\xff") == digest == sha256(b"\x00zip\xff").hexdigest()
    with catalog.read(home) as reader:
        assert reader.get_blob(digest) == b"\x00zip\xff"
        assert reader.get_blob("0" * 64) is None


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "must have 1 to 1024 bytes, it has 0"),
        ("é" * 513, "must have 1 to 1024 bytes, it has 1026"),
        ("a\0b", "must not contain a NUL character"),
        ("a/", "must not begin or end with a slash"),
        ("/a", "must not begin or end with a slash"),
        ("a\ud800", "is not Unicode text"),
    ],
)
def test_a_key_out_of_bounds_is_refused_and_never_found(
    catalog: Catalog, home: Partition, key: str, problem: str
) -> None:
    with catalog.write(home) as tx:
        with pytest.raises(InvalidDocument, match=problem):
            tx.put(key, {})
        assert tx.get(key) is None
        assert tx.delete(key) is False
    assert catalog.find(key) is None


@pytest.mark.parametrize("document", [{"a": {1, 2}}, {"a": 2**64}, {1: "a"}, {"a": "\ud800"}, ["a"]])
def test_a_document_that_is_not_json_is_refused(catalog: Catalog, home: Partition, document: Any) -> None:
    with catalog.write(home) as tx:
        with pytest.raises(InvalidDocument, match="'a/1'"):
            tx.put("a/1", document)
        assert tx.get("a/1") is None


def test_too_large_a_document_and_blob_are_refused(
    catalog: Catalog, home: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "DOCUMENT_BYTES", 100)
    monkeypatch.setattr(bounds, "BLOB_BYTES", 100)
    with catalog.write(home) as tx:
        with pytest.raises(InvalidDocument, match="has 108 bytes; the bound is 100"):
            tx.put("a/1", {"a": "x" * 100})
        with pytest.raises(InvalidDocument, match="101 bytes cannot be kept; the bound is 100"):
            tx.put_blob(b"x" * 101)


@pytest.mark.parametrize("partition", [Partition("", "r"), Partition("a", "r" * 65), Partition("a", "r\n")])
def test_a_partition_out_of_bounds_is_refused(catalog: Catalog, partition: Partition) -> None:
    with (
        pytest.raises(InvalidDocument, match=r"partition's (account|region) must have"),
        catalog.write(partition),
    ):
        pass


def test_a_prefix_ends_with_a_slash(catalog: Catalog, home: Partition) -> None:
    with catalog.read(home) as reader, pytest.raises(InvalidDocument, match="must end with a slash"):
        reader.list("restapi")


def test_a_listing_begins_after_a_key_only(catalog: Catalog, home: Partition) -> None:
    """Positions come from clients."""
    with (
        catalog.read(home) as reader,
        pytest.raises(InvalidDocument, match="must not contain a NUL character"),
    ):
        list(reader.list("a/", after="a/\0"))


def test_a_listing_can_be_narrowed(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        for key in ("a/1", "a/2/x", "a/2/y", "a/3", "a/30", "b/1"):
            tx.put(key, {})

        def listed(**bounds: Any) -> list[str]:
            return [key for key, _ in tx.list("a/", **bounds)]

        assert listed(after="a/2/x") == ["a/2/y", "a/3", "a/30"]
        assert listed(after="a/2") == ["a/2/x", "a/2/y", "a/3", "a/30"]
        assert listed(through="a/2") == ["a/1", "a/2/x", "a/2/y"]
        assert listed(after="a/1", through="a/3") == ["a/2/x", "a/2/y", "a/3"]
        assert listed(limit=2) == ["a/1", "a/2/x"]
        assert listed(after="b") == []


def test_a_blob_goes_when_no_partition_uses_it(catalog: Catalog, home: Partition) -> None:
    with catalog.write(home) as tx:
        digest = tx.put_blob(b"content")
        tx.put(f"code/{digest}/pets", {})
    with catalog.write(ELSEWHERE) as tx:
        assert tx.drop_blob(digest, f"code/{digest}/") is False
        assert tx.get_blob(digest) == b"content"
    with catalog.write(home) as tx:
        tx.delete(f"code/{digest}/pets")
        assert tx.drop_blob(digest, f"code/{digest}/") is True
        assert tx.drop_blob(digest, f"code/{digest}/") is False
        assert tx.get_blob(digest) is None


def test_a_reader_keeps_its_snapshot_while_others_write(catalog: Catalog, home: Partition) -> None:
    def write(number: int) -> None:
        with catalog.write(home) as tx:
            tx.put("a/1", {"n": number})
            tx.put("a/2", {"n": number})

    write(1)
    with catalog.read(home) as reader:
        assert reader.get("a/1") == {"n": 1}
        writer = threading.Thread(target=write, args=[2])
        writer.start()
        writer.join(10)
        assert reader.get("a/2") == {"n": 1}
    with catalog.read(home) as reader:
        assert reader.get("a/2") == {"n": 2}
