"""Nodes with stand-in children, killed at the end of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.standin_node import ROOT, STANDINS, Node, StartNode

from gatewright.server.address import Address
from gatewright.server.settings import Settings


@pytest.fixture
def start_node(tmp_path: Path) -> Iterator[StartNode]:
    nodes: list[Node] = []

    def start(worker: str = "echo_child", *, data_dir: Path = tmp_path / "data", workers: int = 2) -> Node:
        local = Address("127.0.0.1", 0)
        settings = Settings(data_dir, local, local, workers, drain_timeout=0.2)
        settings_file = tmp_path / "settings.json"
        settings_file.write_text(settings.to_json())
        process = subprocess.Popen(
            [sys.executable, STANDINS / "node.py", settings.to_json(), worker, settings_file],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        nodes.append(Node(process, settings_file, settings).watch_log())
        return nodes[-1]

    yield start
    for node in nodes:
        node.close()
