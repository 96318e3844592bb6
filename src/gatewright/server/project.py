"""A project that `dev` serves: a `backend.py` runs beside it; its files are deployed, or its `deploy.py` run.

Both programs run on this interpreter and print to the terminal. There may be a backend only.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

from gatewright.projects.opening import is_project, open_project
from gatewright.server.errors import CannotStart
from gatewright.server.redeploying import Tell, kept_deployed
from gatewright.server.settings import Settings

BACKEND_START = 15.0  # seconds for backend.py to accept connections
ASK_AGAIN = 0.02  # seconds between two tries to connect to it
STOP_TIMEOUT = 5.0
BACKEND_VARIABLE = "backend"  # the stage variable that names the backend


@dataclass(frozen=True, slots=True)
class Project:
    """What there is of it. `files` are deployed by Gatewright itself, each time they change."""

    backend: Path | None = None
    deploy: Path | None = None
    files: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)  # where `files` is a template

    @classmethod
    def at(cls, path: Path, parameters: Mapping[str, str] = MappingProxyType({})) -> Self:
        """The project at `path`: a file, or a directory. Raises `CannotStart`."""
        if path.is_file():
            return cls(files=path, parameters=parameters)
        programs = (path / "backend.py", path / "deploy.py")
        backend, deploy = (program if program.is_file() else None for program in programs)
        files = path if is_project(path) else None
        if not (backend or deploy or files):
            if not path.exists():
                raise CannotStart(f"{path}: there is no such file or directory")
            raise CannotStart(
                f"{path}: no project there; it needs a gatewright.toml with a [project] table, a deploy.py "
                "(run with --endpoint URL once Gatewright is ready) or a backend.py (run with --port N)"
            )
        if deploy and files:
            raise CannotStart(
                f"{path}: gatewright.toml has a [project] table and there is a deploy.py: remove one of them"
            )
        return cls(backend, deploy, files)


@asynccontextmanager
async def running(project: Project | None, settings: Settings, tell: Tell) -> AsyncIterator[None]:
    """Start the backend and deploy; at the end, stop the backend. Raises `CannotStart`."""
    if project is None:
        yield
        return
    async with _backend(project.backend) as address:
        if project.deploy is not None:
            await _deploy(project.deploy, settings, address)
        if project.files is None:
            yield
            return
        variables = {} if address is None else {BACKEND_VARIABLE: address}
        deployable = open_project(
            project.files, hot_reload=True, variables=variables, parameters=project.parameters
        )
        async with kept_deployed(deployable, settings, tell):
            yield


@asynccontextmanager
async def _backend(program: Path | None) -> AsyncIterator[str | None]:
    """Where it answers, as HOST:PORT."""
    if program is None:
        yield None
        return
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), "--port", str(port), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        await _accepting(process, program, port)
        yield f"127.0.0.1:{port}"
    finally:
        await _end(process)


async def _accepting(process: asyncio.subprocess.Process, program: Path, port: int) -> None:
    try:
        async with asyncio.timeout(BACKEND_START):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(ASK_AGAIN)
                else:
                    writer.close()
                    return
    except TimeoutError:
        raise CannotStart(f"{program}: does not accept connections on --port {port}") from None
    raise CannotStart(f"{program}: ended with exit code {process.returncode} instead of serving")


async def _deploy(program: Path, settings: Settings, backend: str | None) -> None:
    arguments = ["--endpoint", settings.management.url(settings.scheme)]
    arguments += ["--data", settings.listen.url(settings.scheme)]
    arguments += ["--backend", f"http://{backend}"] if backend else []
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        env=_aws_environment(settings),
    )
    try:
        code = await process.wait()
    finally:
        await _end(process)
    if code:
        raise CannotStart(f"{program}: failed with exit code {code}; its words stand above")


def _aws_environment(settings: Settings) -> dict[str, str]:
    """The deployer's environment, with what an AWS SDK insists on: dev accepts any credentials."""
    credentials = {"AWS_ACCESS_KEY_ID": "dev", "AWS_SECRET_ACCESS_KEY": "dev"}
    return {"AWS_DEFAULT_REGION": settings.region, "AWS_REGION": settings.region, **credentials, **os.environ}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
