"""Function processes: started and ended by the guardian, which leaves nothing of them behind."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

_GUARDIAN = Path(__file__).with_name("guardian.py")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Guardian:
    """Has the guardian process start functions; starts it with the first, and again should it be gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def start(
        self, command: list[str], environment: dict[str, str], directory: Path, output: int, channel: int
    ) -> socket.socket:
        """The link to the nanny that starts `command`. Raises OSError if there can be no guardian.

        `output` and `channel` are descriptors, which the caller goes on to own.
        """
        order = {"command": command, "environment": environment, "directory": str(directory)}
        ours, theirs = socket.socketpair()
        with theirs:
            self._send(json.dumps(order).encode() + b"\n", [output, channel, theirs.fileno()])
        return ours

    def _send(self, line: bytes, descriptors: list[int]) -> None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._socket is not None
        sent = socket.send_fds(self._socket, [line], descriptors)
        self._socket.sendall(line[sent:])

    def _start(self) -> None:
        self.close()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARDIAN), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # a terminal's Ctrl-C must not take it first
            )

    def close(self) -> None:
        """End the guardian, which kills what is still below it."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.wait()
        self._socket = self._process = None


class Process:
    """One running function process. `output` reads what it and its children print."""

    def __init__(self, output: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = 0
        self.output = output
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(
        cls,
        guardian: Guardian,
        command: list[str],
        environment: dict[str, str],
        directory: Path,
        channel: int,
    ) -> Self:
        """`channel` is passed on as the descriptor CHANNEL. Raises OSError if `command` cannot be run."""
        output, child_output = os.pipe()
        try:
            os.set_blocking(output, False)
            link = guardian.start(command, environment, directory, child_output, channel)
            process = cls(output, *await asyncio.open_unix_connection(sock=link))
            await process._started()
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(child_output)
        return process

    async def _started(self) -> None:
        word, number = await self._heard()
        if word != "started":
            self._writer.close()
            raise OSError(number, os.strerror(number))
        self.pid = number

    async def ended(self) -> int:
        """Wait until it and all it started are gone; its exit code, negative for a signal."""
        word, code = await self._heard()
        self._writer.close()
        return code if word == "ended" else -signal.SIGKILL  # its nanny was killed, and it with it

    async def _heard(self) -> tuple[str, int]:
        words = (await self._reader.readline()).decode().split()
        return (words[0], int(words[1])) if words else ("gone", errno.ECHILD)

    def kill(self) -> None:
        """Have it and all it started killed; `ended` tells when."""
        if not self._writer.is_closing():
            self._writer.write_eof()

    def resident_bytes(self) -> int:
        """Memory in use now; 0 where the system does not tell (no /proc) or the process is gone."""
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0

    def read(self) -> bytes:
        """What was printed and not read yet, up to 64 KiB; empty if there is nothing."""
        try:
            return os.read(self.output, 65_536)
        except OSError:
            return b""

    def close(self) -> None:
        os.close(self.output)


def exit_reason(code: int) -> str:
    """How a process ended, in the words Lambda's messages use. `code` is Popen's: negative for a signal."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = (signal.strsignal(-code) or f"signal {-code}").lower()
    return f"Runtime exited with error: signal: {name}"
