"""The unpacked code of functions is there while they run, and gone when no version has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda


def waiting_for(go: str) -> dict[str, str]:
    """A function that ends with what a module of its code says, imported once it may."""
    return {
        "app.py": "import os, time\ndef handler(event, context):\n"
        f"    open({go + '-on'!r}, 'w').close()\n"
        f"    while not os.path.exists({go!r}): time.sleep(0.005)\n"
        "    import late\n    return late.VALUE\n",
        "late.py": "VALUE = 'whole'\n",
    }


def test_code_goes_once_the_last_of_it_has_run(
    start_lambda: Callable[..., Lambda], tmp_path_factory: pytest.TempPathFactory
) -> None:
    functions = start_lambda(keep_up=0.01)
    other = start_lambda(keep_up=0.01)  # another process of the node
    go = tmp_path_factory.mktemp("code") / "go"
    functions.deploy("f", waiting_for(str(go)), Timeout=15)
    running = functions.start("f")
    unpacked = functions.directory / "functions"
    functions.until(go.with_name("go-on").exists)
    functions.deploy("f", {"app.py": "def handler(event, context):\n    return 'new'\n"})
    assert (functions.call("f"), other.call("f")) == ("new", "new")
    assert len(list(unpacked.glob("*/late.py"))) == 1
    go.touch()
    assert functions.wait(running)[0].payload == b'"whole"'
    functions.until(lambda: len(list(unpacked.iterdir())) == 2)
    functions.delete("f")
    functions.until(lambda: not list(unpacked.iterdir()))
