"""Any sequence of writes leaves what a plain dictionary would hold."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gatewright.catalog.api import Partition
from gatewright.catalog.sqlite import open_catalog

PARTITIONS = [Partition("1", "a"), Partition("1", "b"), Partition("2", "a")]
PREFIXES = ["k/", "k/a/", "k/b/", "l/"]

partitions = st.sampled_from(PARTITIONS)
keys = st.builds("{}{}".format, st.sampled_from(PREFIXES), st.sampled_from(["a", "b", "c/d", "é", "0"]))
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8"))
documents = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=5),
    max_size=3,
)
writes = st.one_of(
    st.tuples(st.just("put"), keys, documents),
    st.tuples(st.just("delete"), keys, st.none()),
    st.tuples(st.just("delete_below"), st.sampled_from(PREFIXES), st.none()),
)


class RolledBack(Exception):
    pass


class CatalogModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.catalog = open_catalog(Path(self.directory.name))
        self.model: dict[Partition, dict[str, Any]] = {partition: {} for partition in PARTITIONS}
        self.seen: dict[tuple[Partition, str], bool] = {}
        self.revision = 0

    @rule(partition=partitions, batch=st.lists(writes, max_size=6), keep=st.booleans())
    def write(self, partition: Partition, batch: list[tuple[str, str, Any]], keep: bool) -> None:
        draft = dict(self.model[partition])
        try:
            with self.catalog.write(partition) as tx:
                for verb, key, document in batch:
                    if verb == "put":
                        tx.put(key, document)
                        draft[key] = document
                    elif verb == "delete":
                        assert tx.delete(key) is (draft.pop(key, None) is not None)
                    else:
                        gone = [each for each in draft if each.startswith(key)]
                        assert tx.delete_below(key) == len(gone)
                        draft = {each: draft[each] for each in draft if each not in gone}
                    assert tx.get(key) == draft.get(key)
                if not keep:
                    raise RolledBack
        except RolledBack:
            return
        self.model[partition] = draft

    @rule()
    def reopen(self) -> None:
        self.catalog.close()
        self.catalog = open_catalog(Path(self.directory.name))

    @invariant()
    def everything_is_there(self) -> None:
        for partition, expected in self.model.items():
            with self.catalog.read(partition) as reader:
                for prefix in PREFIXES:
                    below = [
                        (key, expected[key])
                        for key in sorted(expected, key=str.encode)
                        if key.startswith(prefix)
                    ]
                    assert [list(pair) for pair in reader.list(prefix)] == [list(pair) for pair in below]

    @invariant()
    def the_feed_leads_to_the_same_keys(self) -> None:
        for change in self.catalog.changes(self.revision):
            self.seen[change.partition, change.key] = change.deleted
            self.revision = change.revision
        present = {where for where, deleted in self.seen.items() if not deleted}
        assert present == {(partition, key) for partition, held in self.model.items() for key in held}

    def teardown(self) -> None:
        self.catalog.close()
        self.directory.cleanup()


TestCatalogModel = CatalogModel.TestCase
TestCatalogModel.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
