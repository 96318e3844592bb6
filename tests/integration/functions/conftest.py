"""A real engine over a real catalog, driven from plain tests: deploy, invoke, look."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition, Transaction
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import FunctionName, Outcome, Source
from gatewright.functions.engine import Engine
from gatewright.functions.settings import FunctionSettings
from gatewright.wire.pending import future_from

PARTITION = Partition("123456789012", "eu-west-1")
BOUND = 20.0  # seconds after which a test that waits has failed


class Lambda:
    """The engine under test, and what its management would do."""

    def __init__(
        self, directory: Path, loop: asyncio.AbstractEventLoop, catalog: Catalog, **settings: Any
    ) -> None:
        self.directory = directory
        self.loop = loop
        self.catalog = catalog
        self.partition = PARTITION
        self.settings = replace(FunctionSettings(directory), **settings)
        self.engine = Engine(catalog, loop=loop, settings=self.settings)

    def deploy(
        self,
        name: str,
        files: dict[str, str] | Path,
        *,
        handler: str = "app.handler",
        runtime: str = "python3.12",
        version: str = "$LATEST",
        policy: list[dict[str, Any]] | None = None,
        **configuration: Any,
    ) -> None:
        """Files as a dict are zipped, a Path is hot-reloaded."""
        with self.catalog.write(PARTITION) as tx:
            latest = version == "$LATEST"
            key = keys.function(name) if latest else keys.function_version(name, version)
            self._end_use(tx, name, version, tx.get(key))
            if isinstance(files, Path):
                code = {"directory": str(files)}
            else:
                code = {"digest": tx.put_blob(zipped(files))}
                tx.put(keys.code_use(code["digest"], name, version), {})
            document = {
                "Configuration": {
                    "FunctionName": name,
                    "Version": version,
                    "Runtime": runtime,
                    "Handler": handler,
                    **configuration,
                },
                "Code": code,
                "Policy": {"Statement": policy or []},
            }
            tx.put(key, document)

    def delete(self, name: str) -> None:
        """Remove `$LATEST`."""
        with self.catalog.write(PARTITION) as tx:
            self._end_use(tx, name, "$LATEST", tx.get(keys.function(name)))
            tx.delete(keys.function(name))

    @staticmethod
    def _end_use(tx: Transaction, name: str, version: str, document: Document | None) -> None:
        if document is not None and (digest := document["Code"].get("digest")):
            tx.delete(keys.code_use(digest, name, version))

    def start(self, name: str, event: Any = None, **options: Any) -> asyncio.Future[Outcome]:
        bare, _, qualifier = name.partition(":")
        function = FunctionName(PARTITION.account, PARTITION.region, bare, qualifier or None)
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        return future_from(self.engine.invoke(function, payload, **options), self.loop)

    def wait(self, *futures: asyncio.Future[Outcome]) -> list[Outcome]:
        gathered = asyncio.gather(*futures)
        return list(self.loop.run_until_complete(asyncio.wait_for(gathered, BOUND)))

    def invoke(self, name: str, event: Any = None, **options: Any) -> Outcome:
        return self.wait(self.start(name, event, **options))[0]

    def call(self, name: str, event: Any = None, **options: Any) -> Any:
        """The decoded result of an invocation that must succeed."""
        outcome = self.invoke(name, event, **options)
        assert outcome.function_error is None, outcome.payload
        return json.loads(outcome.payload)

    def fail(self, name: str, event: Any = None, **options: Any) -> Any:
        """The decoded error of an invocation whose function must fail."""
        outcome = self.invoke(name, event, **options)
        assert (outcome.status_code, outcome.function_error) == (200, "Unhandled"), outcome.payload
        return json.loads(outcome.payload)

    def until(self, condition: Callable[[], object]) -> None:
        """Run the loop until the condition holds."""
        bound = time.monotonic() + BOUND
        while not condition():
            assert time.monotonic() < bound, "the condition did not come to hold"
            self.loop.run_until_complete(asyncio.sleep(0.01))

    def log(self, name: str) -> str:
        return (self.directory / "logs" / "lambda" / f"{name}.log").read_text()

    def close(self) -> None:
        self.loop.run_until_complete(self.engine.close())


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped by its parent does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def start_lambda(tmp_path: Path) -> Iterator[Callable[..., Lambda]]:
    """Makes an engine with the settings a test needs."""
    loop = uvloop.new_event_loop()
    catalog = open_catalog(tmp_path)
    started: list[Lambda] = []

    def start(**settings: Any) -> Lambda:
        started.append(Lambda(tmp_path, loop, catalog, **{"close_wait": 5.0, **settings}))
        return started[-1]

    yield start
    for each in started:
        each.close()
    catalog.close()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def functions(start_lambda: Callable[..., Lambda]) -> Lambda:
    return start_lambda()


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    return alive


@pytest.fixture
def gateway_source() -> Source:
    arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/pets"
    return Source("apigateway.amazonaws.com", arn, "123456789012")
