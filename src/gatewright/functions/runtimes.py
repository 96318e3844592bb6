"""Which runtimes this machine can run, and the command that starts each."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

BOOTSTRAPS = Path(__file__).parent / "bootstraps"


@dataclass(frozen=True, slots=True)
class Runtimes:
    """The interpreters functions run on; `node` is None where Node.js is not installed."""

    python: str = sys.executable
    node: str | None = field(default_factory=lambda: shutil.which("node"))

    def refusal(self, runtime: str) -> str | None:
        """Why functions of this runtime cannot run here, as a sentence for the owner; None if they can."""
        if runtime.startswith(("python3.", "provided.")):
            return None
        if runtime.startswith("nodejs") and runtime.endswith(".x"):
            if self.node is None:
                return f"Runtime {runtime} needs Node.js: install it so that `node` is found on PATH"
            return None
        return (
            f"Runtime {runtime} is not supported: use python3.*, nodejs*.x, or provided.* with an executable "
            "named bootstrap"
        )

    def command(self, runtime: str, directory: Path, *, edited: bool = False) -> list[str]:
        """The program and arguments that speak the Runtime API for code unpacked in `directory`.

        Only for a runtime without a `refusal`. `edited`: somebody works on the code, which is reloaded.
        """
        if runtime.startswith("python3."):
            # Compiled files tell code apart by size and second, which two quick edits may share.
            return [self.python, *(["-B"] if edited else []), str(BOOTSTRAPS / "python.py")]
        if runtime.startswith("nodejs") and self.node is not None:
            return [self.node, str(BOOTSTRAPS / "node.mjs")]
        return [str(directory / "bootstrap")]
