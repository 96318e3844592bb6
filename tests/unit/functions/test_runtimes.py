"""Which runtimes run here, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.functions.runtimes import BOOTSTRAPS, Runtimes

RUNTIMES = Runtimes(python="/bin/python3", node="/bin/node")


@pytest.mark.parametrize(
    ("runtime", "command"),
    [
        ("python3.12", ["/bin/python3", str(BOOTSTRAPS / "python.py")]),
        ("nodejs20.x", ["/bin/node", str(BOOTSTRAPS / "node.mjs")]),
        ("provided.al2023", ["/code/bootstrap"]),
    ],
)
def test_each_runtime_has_its_command(runtime: str, command: list[str]) -> None:
    assert RUNTIMES.refusal(runtime) is None
    assert RUNTIMES.command(runtime, Path("/code")) == command
    assert all(Path(part).exists() for part in command if part.startswith(str(BOOTSTRAPS)))


def test_code_that_is_edited_leaves_no_compiled_files_behind() -> None:
    command = RUNTIMES.command("python3.12", Path("/code"), edited=True)
    assert command == ["/bin/python3", "-B", str(BOOTSTRAPS / "python.py")]


@pytest.mark.parametrize("runtime", ["ruby3.3", "java21", "dotnet8", "provided", "python2.7", "nodejs", ""])
def test_what_cannot_run_is_refused_with_the_remedy(runtime: str) -> None:
    refusal = RUNTIMES.refusal(runtime)
    assert refusal is not None
    assert refusal.startswith(f"Runtime {runtime} is not supported: use python3.*, nodejs*.x, or provided.*")


def test_node_functions_need_node() -> None:
    refusal = Runtimes(node=None).refusal("nodejs20.x")
    assert refusal == "Runtime nodejs20.x needs Node.js: install it so that `node` is found on PATH"
