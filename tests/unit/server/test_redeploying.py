"""A project is deployed at the start and after each change; what goes wrong is told and ends nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from gatewright.projects.api import CannotDeploy, Deployed, Node
from gatewright.server.address import Address
from gatewright.server.redeploying import Tell, kept_deployed
from gatewright.server.settings import Settings

BOUND = 20.0


class Files:
    """A project of one file, which says what becomes of it; `fault` is called before a fault."""

    def __init__(self, file: Path, fault: Callable[[], None]) -> None:
        self.file = file
        self._fault = fault

    def watched(self) -> Iterable[Path]:
        return [self.file]

    def deploy(self, node: Node) -> Deployed:
        assert node.endpoint == "http://127.0.0.1:4566"
        text = self.file.read_text()
        if text == "refused":
            raise CannotDeploy("no", self.file, 1)
        if text == "fault":
            self._fault()
            raise KeyError(text)
        return Deployed((), (text,))


def test_each_change_is_deployed_and_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    address = Address("127.0.0.1", 4566)
    settings = Settings(tmp_path, address, address, 1)
    told: asyncio.Queue[str] = asyncio.Queue()

    def deployed(what: Deployed, seconds: float, again: bool) -> None:
        assert seconds >= 0
        told.put_nowait(f"{what.notes[0]} {'again' if again else 'first'}")

    def refused(why: CannotDeploy, again: bool) -> None:
        told.put_nowait(f"{why.message} {'old one stays' if again else 'nothing served'}")

    async def run() -> list[str]:
        loop = asyncio.get_running_loop()

        def fault() -> None:
            loop.call_soon_threadsafe(told.put_nowait, "fault")

        project = Files(file, fault)
        file.write_text("refused")
        async with kept_deployed(project, settings, Tell(deployed, refused)):
            lines = [await asyncio.wait_for(told.get(), BOUND)]
            for text in ("one", "two", "refused", "fault", "three"):
                file.write_text(text)
                lines.append(await asyncio.wait_for(told.get(), BOUND))
        return lines

    assert asyncio.run(run()) == [
        "no nothing served",
        "one first",
        "two again",
        "no old one stays",
        "fault",
        "three again",
    ]


class Slow(Files):
    """Deploys as long as it must."""

    def __init__(self, file: Path, began: Callable[[], None]) -> None:
        super().__init__(file, began)
        self.go_on = threading.Event()
        self.ended = False

    def deploy(self, node: Node) -> Deployed:
        self._fault()
        assert self.go_on.wait(BOUND)
        self.ended = True
        return Deployed(())


def test_a_node_that_stops_lets_a_deployment_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    address = Address("127.0.0.1", 4566)
    settings = Settings(tmp_path, address, address, 1)

    async def run() -> None:
        loop, began = asyncio.get_running_loop(), asyncio.Event()

        def begin() -> None:
            loop.call_soon_threadsafe(began.set)

        project = Slow(tmp_path / "file", begin)

        async def serve() -> None:
            async with kept_deployed(project, settings, Tell(lambda *_: None, lambda *_: None)):
                raise AssertionError("it was stopped before")

        serving = asyncio.create_task(serve())
        await asyncio.wait_for(began.wait(), BOUND)
        serving.cancel()
        await asyncio.sleep(0)
        assert not serving.done()
        project.go_on.set()
        await asyncio.wait([serving], timeout=BOUND)
        assert serving.cancelled()
        assert project.ended

    asyncio.run(run())
