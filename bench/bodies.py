"""1 MiB bodies through HTTP_PROXY, both ways: bytes a second beside Envoy's, and the memory they take."""

from __future__ import annotations

import re
from pathlib import Path

from load import wrk
from ours import Gatewright, gatewright
from peers import free_port, nginx
from scenarios import LOAD_CPU, PROXY, Contestant, Options, Table, _ours, _peer, _proxied

SIZE = 2**20
CONNECTIONS = 64
PEERS = ("envoy", "nginx")
UPLOAD = 'wrk.method = "POST"\nwrk.body = string.rep("x", {size})\n'


def bodies(options: Options) -> Table:
    table = Table("HTTP_PROXY, 1 MiB bodies: answers, then uploads", "MiB/s")
    files = options.directory / "files"
    files.mkdir(exist_ok=True)
    (files / "body").write_bytes(b"x" * SIZE)
    upload = options.directory / "upload.lua"
    upload.write_text(UPLOAD.format(size=SIZE))
    _one_way(table, options, "answers", "/body", files, None)
    _one_way(table, options, "uploads", "/", None, upload)
    return table


def _one_way(
    table: Table, options: Options, way: str, path: str, files: Path | None, script: Path | None
) -> None:
    backend = free_port()
    with (
        nginx(options.directory, backend, None, cpu=LOAD_CPU, files=files),
        gatewright(options.directory) as instance,
    ):
        api = _proxied(instance, backend, path)
        contestants: dict[str, Contestant] = {"gatewright": _ours(api.url("/proxied"))}
        contestants |= {name: _peer(name, PROXY[name], options, backend, path) for name in PEERS}
        _worker_peak(instance)  # the start's
        idle = peak = _worker_peak(instance)
        for _ in range(options.rounds):
            for name, contestant in contestants.items():
                with contestant() as url:
                    rate, trouble = _load(url, options, script)
                    if name == "gatewright":
                        peak = max(peak, _worker_peak(instance))
                table.add(f"{way}: {name}", rate, trouble)
    _goals(table, way, peak - idle)


def _load(url: str, options: Options, script: Path | None) -> tuple[float, str]:
    """MiB of bodies a second."""
    lua = str(script) if script else None
    wrk(url, seconds=1.0, connections=CONNECTIONS, script=lua)
    result = wrk(url, seconds=options.seconds, connections=CONNECTIONS, script=lua)
    return result.rate * SIZE / 2**20, result.trouble


def _goals(table: Table, way: str, memory: float) -> None:
    share = table.share(f"{way}: gatewright", f"{way}: envoy")
    table.goals.append((f"{way}: {share:.2f} × envoy (to reach: 0.8)", share >= 0.8))
    flight = CONNECTIONS * SIZE / 2**20
    times = memory / flight
    text = f"{way}: worker took {memory:.0f} MiB more for {flight:.0f} MiB in flight"
    table.goals.append((f"{text}: {times:.1f} × (to reach: under 3)", times < 3))


def _worker_peak(instance: Gatewright) -> float:
    """MiB at most that the largest worker held since it was last asked."""
    children = Path(f"/proc/{instance.pid}/task/{instance.pid}/children").read_text().split()
    processes = [Path(f"/proc/{child}") for child in children]
    return max(
        _peak(one) for one in processes if b"gatewright.server.worker" in (one / "cmdline").read_bytes()
    )


def _peak(process: Path) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
    (process / "clear_refs").write_text("5")
    return int(found[1]) / 1024 if found else 0.0
