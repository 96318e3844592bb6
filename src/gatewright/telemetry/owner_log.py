"""The owner's log: why requests ended as they did, a line a record.

2026-01-01T00:00:00.000Z {api}/{stage} ({request id}) {text}
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TextIO

from gatewright.telemetry.log_file import FILE_BYTES, FILES, LogFile

BUFFER_BYTES = 1024 * 1024  # lines that wait for `flush`; what comes after is counted and dropped
TEXT_CHARACTERS = 16_384  # of one record; what is longer is cut


class Sink(Protocol):
    def write(self, lines: bytes) -> int:
        """Take some of `lines` from their start; how many bytes. Never raises for a failing disk or pipe."""


class OwnerLog:
    """Never fails its caller: what cannot be kept is counted, and the next line says how much was lost."""

    def __init__(
        self,
        target: Path | TextIO,
        *,
        clock: Callable[[], float] = time.time,
        buffer_bytes: int = BUFFER_BYTES,
        file_bytes: int = FILE_BYTES,
        files: int = FILES,
    ) -> None:
        """`target`: a file, rotated so that `files` of `file_bytes` are kept at most; or a stream."""
        self._sink: Sink = (
            LogFile(target, file_bytes=file_bytes, files=files)
            if isinstance(target, Path)
            else Stream(target)
        )
        self._clock = clock
        self._bound = buffer_bytes
        self._buffer = bytearray()
        self._dropped = 0

    def write(self, api: str, stage: str, request_id: str, text: str) -> None:
        """Keep one record for the next `flush`."""
        record = one_line(f"{api}/{stage} ({request_id}) {text[:TEXT_CHARACTERS]}")
        line = f"{self._now()} {record}\n".encode()
        if self._dropped:
            line = self._notice() + line
        if len(self._buffer) + len(line) > self._bound:
            self._dropped += 1
            return
        self._dropped = 0
        self._buffer += line

    def flush(self) -> None:
        """Write out what waits; what the disk does not take now is tried again the next time."""
        if self._buffer:
            del self._buffer[: self._sink.write(bytes(self._buffer))]

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _notice(self) -> bytes:
        why = "too many at once, or the log could not be written"
        return f"{self._now()} -/- (-) {self._dropped} log lines were dropped: {why}\n".encode()


class Stream:
    """A stream such as standard error; lines it refuses are lost, as for any program."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, lines: bytes) -> int:
        try:
            self._stream.write(lines.decode())
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            pass
        return len(lines)


def one_line(text: str) -> str:
    """The text with everything escaped that could end a line or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
