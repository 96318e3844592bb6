"""What functions print and Lambda's START, END and REPORT lines, one bounded file a function."""

from __future__ import annotations

import os
from pathlib import Path

TAIL_BYTES = 4096  # what LogType Tail returns
BUFFER_BYTES = 65_536  # written out when so much is buffered, else on the engine's tick


class FunctionLog:
    """Appends to a file through a buffer; several processes may append to the same file.

    Past `limit` bytes the file is renamed to `{name}.1`, replacing the one before. What cannot be written
    (to a full disk) is dropped: a log never stops traffic.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._buffer = bytearray()

    def write(self, text: bytes) -> None:
        self._buffer += text
        if len(self._buffer) > BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._buffer:
            return
        text, self._buffer = self._buffer, bytearray()
        try:
            self._append(text)
        except OSError:
            pass

    def _append(self, text: bytearray) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > self._limit:
            os.replace(self._path, self._path.with_name(f"{self._path.name}.1"))
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.write(file, text)
        finally:
            os.close(file)


def start_line(request_id: str, version: str) -> bytes:
    return f"START RequestId: {request_id} Version: {version}\n".encode()


def end_lines(
    request_id: str, duration: float, memory_size: int, used: int, init: float | None, status: str
) -> bytes:
    """Lambda's END and REPORT lines. `duration` and `init` are seconds, `memory_size` MB, `used` bytes."""
    milliseconds = duration * 1000
    init_part = f"Init Duration: {init * 1000:.2f} ms\t" if init is not None else ""
    return (
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {memory_size} MB\t"
        f"Max Memory Used: {(used + 524_288) >> 20} MB\t{init_part}{status}\n"
    ).encode()
