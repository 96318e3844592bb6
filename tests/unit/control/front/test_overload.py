"""More calls than can be done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.management import PARTITION, NoFunctions, outside

from gatewright.catalog.api import Catalog, Partition, Reader
from gatewright.control.application import MOST_WAITING, Management
from gatewright.control.context import Services
from gatewright.wire.types import Request, Response


class SlowCatalog:
    """A catalog that lets nobody read before it is told to."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.go = threading.Event()

    @contextmanager
    def read(self, partition: Partition) -> Iterator[Reader]:
        assert self.go.wait(30)
        with self._catalog.read(partition) as reader:
            yield reader

    def find(self, _key: str) -> None:
        return None


class Kept:
    """Keeps what is sent, and tells when everything was."""

    def __init__(self, expected: int, done: asyncio.Future[None]) -> None:
        self.sent: list[Response] = []
        self._expected = expected
        self._done = done

    def send(self, response: Response) -> None:
        self.sent.append(response)
        if len(self.sent) == self._expected:
            self._done.set_result(None)


def test_calls_wait_up_to_a_bound_and_are_refused_past_it(catalog: Catalog) -> None:
    loop = asyncio.new_event_loop()
    slow: Any = SlowCatalog(catalog)
    management = Management(
        slow, Services(), outside(loop, NoFunctions()), loop=loop, verifier=None, default_partition=PARTITION
    )
    done: asyncio.Future[None] = loop.create_future()
    reply: Any = Kept(MOST_WAITING + 3, done)
    for _ in range(MOST_WAITING + 3):
        management(Request("GET", "/account"), reply)
    assert [response.status for response in reply.sent] == [429] * 3
    assert b"Retry-After: 1\r\n" in reply.sent[0].head
    assert reply.sent[0].body == b'{"message":"Too Many Requests"}\n'
    slow.go.set()
    loop.run_until_complete(asyncio.wait_for(done, 60))
    assert [response.status for response in reply.sent[3:]] == [200] * MOST_WAITING
    again: asyncio.Future[None] = loop.create_future()
    late: Any = Kept(1, again)
    management(Request("GET", "/account"), late)
    loop.run_until_complete(asyncio.wait_for(again, 60))
    assert late.sent[0].status == 200
    management.close()
    loop.close()
