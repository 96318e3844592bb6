"""The traces that `gatewright explain` shows: a file of bounded size per API, one JSON record a line.

DIR/traces/{api}.jsonl, and .jsonl.1 before it; unknown.api.jsonl for requests that met no API
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from gatewright.telemetry.log_file import LogFile

FILE_BYTES = 4 * 1024 * 1024
FILES = 2
BUFFER_BYTES = 4 * 1024 * 1024  # records that wait for `flush`; what comes after is dropped
MOST_TRACES = 1_000  # shown at once
OPEN_FILES = 64  # APIs whose file stays open
UNKNOWN = "unknown.api"  # keeps the requests that met no API; no id has a full stop
_API = re.compile(rf"[A-Za-z0-9_-]{{1,128}}|{re.escape(UNKNOWN)}").fullmatch


class TraceLog:
    """Appends one process's records. Never fails its caller."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "traces"
        self._files: OrderedDict[str, LogFile] = OrderedDict()
        self._waiting: dict[str, bytearray] = {}
        self._size = 0

    def write(self, api: str, record: dict[str, Any]) -> None:
        """Keep one record for the next `flush`."""
        line = orjson.dumps(record, default=str) + b"\n"
        if self._size + len(line) <= BUFFER_BYTES and _API(api):
            self._waiting.setdefault(api, bytearray()).extend(line)
            self._size += len(line)

    def flush(self) -> None:
        """Write out what waits; what the disk does not take now is tried again the next time."""
        if self._waiting:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for api in list(self._waiting):
            lines = self._waiting[api]
            written = self._file(api).write(bytes(lines))
            self._size -= written
            del lines[:written]
            if not lines:
                del self._waiting[api]

    def _file(self, api: str) -> LogFile:
        file = self._files.get(api)
        if file is None:
            file = self._files[api] = LogFile(_path(self._directory, api), file_bytes=FILE_BYTES, files=FILES)
            if len(self._files) > OPEN_FILES:
                self._files.popitem(last=False)[1].close()
        self._files.move_to_end(api)
        return file


def traced_apis(data_dir: Path) -> list[str]:
    """The APIs that have traces, `UNKNOWN` among them."""
    return sorted({path.name.partition(".jsonl")[0] for path in (data_dir / "traces").glob("*.jsonl*")})


def read_traces(data_dir: Path, api: str) -> Iterator[dict[str, Any]]:
    """The records of an API, newest first."""
    if not _API(api):
        return
    newest = _path(data_dir / "traces", api)
    for path in (newest, newest.with_name(f"{newest.name}.1")):
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            continue
        for line in reversed(lines):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:  # cut off by a full disk
                continue


def select(
    traces: Iterable[dict[str, Any]], request_id: str | None, last: int = MOST_TRACES
) -> list[dict[str, Any]]:
    """The trace of one request, by its id or the id's beginning; or the `last` ones."""
    if request_id is not None:
        traces = (trace for trace in traces if trace["requestId"].startswith(request_id))
    return list(islice(traces, last))


def _path(directory: Path, api: str) -> Path:
    return directory / f"{api}.jsonl"
