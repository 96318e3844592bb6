"""Templates written into a directory, and a node that nobody may ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.projects.api import CannotDeploy, Node
from gatewright.projects.cloudformation.project import CloudFormationProject

NOBODY = "http://127.0.0.1:1"  # a call would fail, with words of its own

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """`refused(text, name="template.yaml", **parameters)`: why, from the file's name on; no node is asked."""

    def refuse(text: str, name: str = "template.yaml", **parameters: str) -> str:
        file = tmp_path / name
        file.write_text(text)
        node = Node(NOBODY, NOBODY, "us-east-1", "000000000000")
        with pytest.raises(CannotDeploy) as refusal:
            CloudFormationProject(file, parameters).deploy(node)
        assert refusal.value.file == file
        return str(refusal.value).removeprefix(f"{tmp_path}/")

    return refuse
