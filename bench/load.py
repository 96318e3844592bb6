"""Load: wrk for throughput, a paced client for latency at a fixed rate."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from dataclasses import dataclass

import uvloop

LOAD_CPU = "1"  # the measured server has the other core to itself
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_BYTES = re.compile(r"Transfer/sec:\s+([\d.]+)(\w+)")
_PERCENTILE = re.compile(r"99%\s+([\d.]+)(us|ms|s|m)\b")
_FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SOCKET = re.compile(r"Socket errors: (.*)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


@dataclass(frozen=True, slots=True)
class Throughput:
    """One wrk run: requests and bytes a second, the 99th percentile in ms, and what was not a 2xx."""

    rate: float
    bytes_rate: float
    p99: float
    trouble: str


def wrk(
    url: str,
    *,
    seconds: float,
    connections: int = 64,
    script: str | None = None,
    host: str = "",
    cpu: str = LOAD_CPU,
) -> Throughput:
    """Drive `url` with one wrk thread on the load core."""
    command = ["taskset", "-c", cpu, "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency"]
    if host:
        command += ["-H", f"Host: {host}"]
    if script:
        command += ["-s", script]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    size = _BYTES.search(out)
    trouble = [match[0] for match in (_FAILED.search(out), _SOCKET.search(out)) if match]
    rate = _RATE.search(out)
    high = _PERCENTILE.search(out)
    if rate is None or size is None or high is None:
        raise RuntimeError(f"wrk printed no rate:\n{out}")
    p99 = float(high[1]) * _MILLISECONDS[high[2]]
    return Throughput(float(rate[1]), float(size[1]) * _UNITS[size[2]], p99, "; ".join(trouble))


async def _paced(
    host: str, port: int, request: bytes, rate: float, seconds: float, connections: int
) -> list[float]:
    """Seconds each answer took, measured from the moment its request was due (so queueing counts)."""
    times: list[float] = []
    begin = time.perf_counter() + 0.1

    async def one(index: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        due = begin + index / rate
        while due < begin + seconds:
            await asyncio.sleep(due - time.perf_counter())
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            times.append(time.perf_counter() - due)
            due += connections / rate
        writer.close()

    await asyncio.gather(*(one(index) for index in range(connections)))
    return times


def percentile_at_rate(
    host: str, port: int, request: bytes, *, rate: float, seconds: float, connections: int = 16
) -> tuple[float, float]:
    """(median, 99th percentile) in milliseconds of answers at a fixed request rate."""
    times = sorted(uvloop.run(_paced(host, port, request, rate, seconds, connections)))
    return times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000
