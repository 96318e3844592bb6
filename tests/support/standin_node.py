"""A supervisor in a process of its own, with stand-in children instead of the gateway."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gatewright.server.address import Address
from gatewright.server.settings import Settings

STANDINS = Path(__file__).parent / "standins"
ROOT = Path(__file__).parents[2]
BOUND = 30.0  # seconds that anything waited for may take on a loaded machine


@dataclass
class Node:
    """A running supervisor. Its log lines are kept; `log_line` waits for one."""

    process: subprocess.Popen[str]
    settings_file: Path
    settings: Settings
    log: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def watch_log(self) -> Self:
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        return self

    def close(self) -> None:
        """End it, if it still runs, and let go of its pipes."""
        assert self.process.stdout is not None
        self.process.terminate()
        self.process.wait(BOUND)
        self.process.stdout.close()
        self._reader.join()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                with self._changed:
                    self.log.append(line)
                    self._changed.notify_all()

    def log_line(self, *words: str, times: int = 1) -> str:
        """Wait for the line that holds all the words; for its `times`th appearance."""

        def found() -> list[str]:
            return [line for line in self.log if all(word in line for word in words)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= times, BOUND), (words, self.log)
            return found()[times - 1]

    def ready(self) -> Self:
        assert self.process.stdout is not None
        word, data, management = self.process.stdout.readline().split()
        assert word == "ready"
        host = "127.0.0.1"
        self.settings = self.settings.at(Address(host, int(data)), Address(host, int(management)))
        return self

    def ask(self, port: int | None = None) -> tuple[int, int, float]:
        """Connect once: the slot, the pid and the drain timeout of the child that accepted."""
        with socket.create_connection(("127.0.0.1", port or self.settings.listen.port), BOUND) as connection:
            slot, pid, timeout = connection.makefile().readline().split()
            return int(slot), int(pid), float(timeout)

    def children(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in children.read_text().split()}

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        return self.process.wait(BOUND)


StartNode = Callable[..., Node]
