"""What the embedded Lambda costs besides its rate: cold starts, many slow invocations at once, memory."""

from __future__ import annotations

import re
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ours import Api, Gatewright, gatewright, hello_function, invocation_uri
from scenarios import Options, Table

AT_ONCE = 200
SLOW_SECONDS = 1.0
COLD_STARTS = 5  # a round
COLD_MILLISECONDS = 150
SETTLED = 0.2  # seconds until a worker has heard of a change for sure
SLOW = f"""
import time
def handler(event, context):
    time.sleep({SLOW_SECONDS})
    return {{"statusCode": 200, "body": "done"}}
"""


def functions(options: Options) -> Table:
    table = Table("Functions: cold starts, slow invocations at once, memory", "")
    with gatewright(options.directory) as instance:
        api = Api(instance, "functions")
        for name, source in (("slow", SLOW), ("hello", None)):
            arn = hello_function(instance, name, *([source] if source else []))
            api.method(name, "GET", type="AWS_PROXY", httpMethod="POST", uri=invocation_uri(arn))
        api.deploy()
        for _ in range(options.rounds):
            _cold_starts(table, instance, api.url("/hello"))
        _many_at_once(table, instance, api.url("/slow"))
        _memory(table, instance.pid)
    cold = table.median("cold start of hello, ms")
    text = f"cold start {cold:.0f} ms (to reach: under {COLD_MILLISECONDS})"
    table.goals.append((text, cold < COLD_MILLISECONDS))
    return table


def _cold_starts(table: Table, instance: Gatewright, url: str) -> None:
    """Each new configuration gets a new process: the first request that it answers waited for that."""
    client = instance.client("lambda")
    for number in range(COLD_STARTS):
        client.update_function_configuration(
            FunctionName="hello", Environment={"Variables": {"NUMBER": str(number)}}
        )
        time.sleep(SETTLED)
        table.add("cold start of hello, ms", _milliseconds(url))
        table.add("warm hello, ms", _milliseconds(url))


def _milliseconds(url: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def _many_at_once(table: Table, instance: Gatewright, url: str) -> None:
    for name in ("cold", "warm"):
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(_milliseconds, [url] * AT_ONCE))
        took = time.perf_counter() - began
        table.add(f"{AT_ONCE} × {SLOW_SECONDS:g} s at once, {name}: all answered after, s", took)
        table.add(
            f"{AT_ONCE} × {SLOW_SECONDS:g} s at once, {name}: median, s", statistics.median(answers) / 1000
        )


def _memory(table: Table, supervisor: int) -> None:
    """Resident and proportional MiB of a warm Python instance, over all there are."""
    runtimes = [pid for pid in _below(supervisor) if b"bootstraps/python.py" in _read(pid, "cmdline")]
    for title, field in (("resident", "Rss"), ("its share of what is shared", "Pss")):
        sizes = [_kilobytes(pid, field) / 1024 for pid in runtimes]
        table.add(f"warm Python instance, {title}, MiB", statistics.median(sizes))
    table.notes.append(f"{len(runtimes)} warm instances")


def _below(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            child = int(status.parent.name)
            found += [child, *_below(child)]
    return found


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _kilobytes(pid: int, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB".encode(), _read(pid, "smaps_rollup"), re.MULTILINE)
    return int(found[1]) if found else 0
