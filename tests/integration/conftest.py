"""Nodes for tests, ended with them. See `tests.support.processes.Gatewright` for what a node can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.processes import Gatewright

LOCAL = ("--listen", "127.0.0.1:0")
BOTH_LOCAL = (*LOCAL, "--management", "127.0.0.1:0")
SMALL_STATE = (
    *("--state-counters-bytes", "8388608"),
    *("--state-policies-bytes", "4194304"),
    *("--state-responses-bytes", "33554432"),
)

Start = Callable[..., Gatewright]


@pytest.fixture
def start_serve(tmp_path: Path) -> Iterator[Start]:
    """`start_serve(*flags, workers=2, data_dir=…)` runs `gatewright serve` and waits until it is ready."""
    nodes: list[Gatewright] = []

    def start(*flags: str, workers: int = 2, data_dir: Path = tmp_path / "data") -> Gatewright:
        node = Gatewright("serve", data_dir, *BOTH_LOCAL, "--workers", str(workers), *SMALL_STATE, *flags)
        nodes.append(node)
        return node.ready()

    yield start
    for node in nodes:
        node.close()


@pytest.fixture
def start_dev(tmp_path: Path) -> Iterator[Start]:
    """`start_dev(*arguments)` runs `gatewright dev` and waits until it is ready."""
    nodes: list[Gatewright] = []

    def start(*arguments: str, data_dir: Path = tmp_path / "dev-data") -> Gatewright:
        node = Gatewright("dev", data_dir, *LOCAL, *arguments)
        nodes.append(node)
        return node.ready()

    yield start
    for node in nodes:
        node.close()


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    """One dev node that every test of the run shares: make an API of your own in it."""
    node = Gatewright("dev", tmp_path_factory.mktemp("dev"), *LOCAL)
    yield node.ready()
    node.close()
