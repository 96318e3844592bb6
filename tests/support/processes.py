"""Real `gatewright` processes for tests: on free ports, each with a directory of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import boto3
from botocore.config import Config

from gatewright.aws.credentials import read_credentials

BOUND = 60.0  # seconds that anything waited for may take on a loaded machine
REGION = "us-east-1"
ACCOUNT = "000000000000"


class Gatewright:
    """One running node. `serve` signs with the node's own key, `dev` with anything."""

    def __init__(self, command: Literal["serve", "dev"], data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        self.printed: list[str] = []
        self.logged: list[str] = []
        self._changed = threading.Condition()
        self._clients: list[Any] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gatewright.cli", command, "--data-dir", str(data_dir), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.printed)),
            threading.Thread(target=self._read, args=(self.process.stderr, self.logged)),
        ]
        for reader in self._readers:
            reader.start()
        self._dev = command == "dev"
        self.url = self.management_url = ""

    def _read(self, stream: Any, lines: list[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    # ---- waiting ------------------------------------------------------------------------------------------

    def wait_for(self, found: Callable[[], bool], what: str) -> None:
        """Wait until `found()`, which looks at `printed` and `logged`; fails past the bound or at its end."""

        def settled() -> bool:
            return found() or not any(reader.is_alive() for reader in self._readers)

        with self._changed:
            in_time = self._changed.wait_for(settled, BOUND)
        if not (in_time and found()):
            raise AssertionError(f"no {what}\n" + "\n".join((*self.printed, *self.logged)))

    def ready(self) -> Self:
        """Wait for the last line of the start, and read the addresses from those before it."""
        self.wait_for(lambda: any(line.startswith("Ready.") for line in self.printed), "ready line")
        names = ("Endpoint", "Endpoint") if self._dev else ("APIs", "Management")
        self.url, self.management_url = map(self._address, names)
        return self

    def log_line(self, *words: str, times: int = 1) -> str:
        """The `times`th log line that holds all the words, once it is there."""

        def found() -> list[str]:
            return [line for line in self.logged if all(word in line for word in words)]

        self.wait_for(lambda: len(found()) >= times, f"log line with {words}")
        return found()[times - 1]

    def exit_code(self) -> int:
        return self.process.wait(BOUND)

    def _address(self, name: str) -> str:
        line = next(line for line in self.printed if line.strip().startswith(name + " "))
        found = re.search(r"https?://\S+", line)
        assert found, line
        return found[0]

    # ---- talking to it ------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """Of the data plane."""
        return int(self.url.rsplit(":", 1)[1])

    def stage_url(self, api: str, stage: str, path: str = "/") -> str:
        """A resource of a stage, in the form that needs no DNS."""
        return f"{self.url}/restapis/{api}/{stage}/_user_request_{path}"

    def client(self, service: str) -> Any:
        """A boto3 client of the management port: one try, so that a failure shows."""
        access_key, secret_key = "dev", "dev"
        if not self._dev:
            secret = read_credentials(self.data_dir / "credentials")
            access_key, secret_key = secret.access_key, secret.secret_key
        once = Config(retries={"total_max_attempts": 1}, read_timeout=BOUND)
        connect: Any = boto3.client
        client = connect(
            service,
            endpoint_url=self.management_url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=once,
        )
        self._clients.append(client)
        return client

    # ---- its processes ------------------------------------------------------------------------------------

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def children(self, role: str) -> set[int]:
        """Process ids of the `worker`s or of the `control` process that run now."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(child) for child in children if f"gatewright.server.{role}" in command_line(int(child))}

    def close(self) -> None:
        """End it, politely at first, and let go of its pipes; no drain waits for the clients."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()


def command_line(pid: int) -> str:
    """Empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
