"""Access keys as a worker looks them up: read once, forgotten when they change, never out of date."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.support.policies import document, statement

from gatewright.aws.principals import Credential, root
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change
from gatewright.catalog.sqlite import open_catalog
from gatewright.control import principals
from gatewright.control.principals import Described
from gatewright.gateway.callers import Callers, NotRead
from gatewright.gateway.errors import GatewayError
from gatewright.wire.pending import drive

T = TypeVar("T")
BOUND = 30.0


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    yield catalog
    catalog.close()


async def finished(coroutine: Coroutine[Any, None, T]) -> T:
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        try:
            future.set_result(await coroutine)
        except Exception as error:
            future.set_exception(error)

    drive(run(), lambda _: None)
    return await asyncio.wait_for(future, BOUND)


def change(key: str) -> Change:
    return Change(1, keys.CALLERS, key, False)


def nobody(access_key: str) -> Credential | None:
    return None


def a_key(catalog: Catalog) -> str:
    with catalog.write(keys.CALLERS) as tx:
        described = Described("ann", "123456789012", policies={"all": document(statement())})
        principals.create(tx, "user", described, 1.0)
        return principals.create_key(tx, "ann", 1.0).access_key


def test_a_key_is_read_once_and_forgotten_when_anything_of_callers_changes(catalog: Catalog) -> None:
    access_key = a_key(catalog)

    async def scenario() -> None:
        callers = Callers(catalog, asyncio.get_running_loop(), nobody)
        with pytest.raises(NotRead):
            callers.known(access_key)
        found = await finished(callers.find(access_key))
        assert found is not None
        assert found.principal.arn == "arn:aws:iam::123456789012:user/ann"
        assert callers.known(access_key) is found
        callers.changed([change("stage/a1b2c3d4e5/dev")])
        assert callers.known(access_key) is found
        for changed in (keys.principal(found.principal.arn), keys.access_key("AKIAOTHER"), ""):
            callers.changed([change(changed)])
            with pytest.raises(NotRead):
                callers.known(access_key)
            assert await finished(callers.find(access_key)) is not None
        callers.close()

    asyncio.run(scenario())


def test_nobody_is_remembered_too(catalog: Catalog) -> None:
    async def scenario() -> None:
        callers = Callers(catalog, asyncio.get_running_loop(), nobody)
        assert await finished(callers.find("AKIANOBODY")) is None
        assert callers.known("AKIANOBODY") is None
        for odd in ("", "a/b", "é", "x" * 129, "../x"):
            assert callers.known(odd) is None
        callers.close()

    asyncio.run(scenario())


def test_local_callers_need_no_catalog() -> None:
    credential = Credential(access_key="test", secret_key="test", principal=root("123456789012"))
    broken: Any = None

    async def scenario() -> None:
        callers = Callers(broken, asyncio.get_running_loop(), {"test": credential}.get)
        assert callers.known("test") is credential
        callers.close()

    asyncio.run(scenario())


class Slow:
    """A catalog whose first read ends when it is let go."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.reading, self.let_go = threading.Event(), threading.Event()

    def read(self, partition: Any) -> Any:
        return self

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, key: str) -> Any:
        with self._catalog.read(keys.CALLERS) as reader:
            found = reader.get(key)
        if key.startswith(keys.PRINCIPALS):
            self.reading.set()
            assert self.let_go.wait(BOUND)
        return found


def test_what_was_read_before_a_change_does_not_outlive_it(catalog: Catalog) -> None:
    access_key = a_key(catalog)
    slow = Slow(catalog)

    async def scenario() -> None:
        stale: Any = slow
        callers = Callers(stale, asyncio.get_running_loop(), nobody)
        asking = asyncio.create_task(finished(callers.find(access_key)))
        assert await asyncio.to_thread(slow.reading.wait, BOUND)
        with catalog.write(keys.CALLERS) as tx:
            principals.delete_key(tx, access_key)
        callers.changed([change(keys.access_key(access_key))])
        slow.let_go.set()
        assert await asking is None
        assert callers.known(access_key) is None
        callers.close()

    asyncio.run(scenario())


def test_what_cannot_be_read_lets_nobody_on() -> None:
    class Broken:
        def read(self, partition: Any) -> Any:
            raise CatalogUnavailable("the disk is gone")

    async def scenario() -> None:
        broken: Any = Broken()
        callers = Callers(broken, asyncio.get_running_loop(), nobody)
        for _ in range(2):  # a failure is not remembered as an answer
            with pytest.raises(GatewayError) as caught:
                await finished(callers.find("AKIAANN"))
            assert (caught.value.status, caught.value.message) == (500, "Internal server error")
            assert "the disk is gone" in caught.value.detail
        callers.close()

    asyncio.run(scenario())
