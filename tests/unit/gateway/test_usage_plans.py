"""API keys and plans as the catalog has them: read once, forgotten when they change, kept through trouble."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Document, Partition, Reader
from gatewright.catalog.sqlite import open_catalog
from gatewright.gateway import live_documents
from gatewright.gateway.usage_plans import ApiKey, ApiKeys, PlanOfStage, plan_of_stage
from gatewright.state.api import MOST, Bucket, Quota
from gatewright.wire.pending import Pending, drive, future_from

HERE = Partition("123456789012", "eu-west-1")
THERE = Partition("123456789012", "eu-west-2")
VALUE = "0123456789-0123456789"
LOOKUP: Document = {"id": "k1", "enabled": True, "usagePlanIds": ["other", "gold"]}
T = TypeVar("T")


class Watched:
    """A catalog that counts what is read of it, that can fail, and that can be held at a read."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.reads = 0
        self.failing = False
        self.read, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def reading(self, partition: Partition) -> AbstractContextManager[Reader]:
        return self._reading(partition)

    @contextmanager
    def _reading(self, partition: Partition) -> Iterator[Reader]:
        self.reads += 1
        if self.failing:
            raise CatalogUnavailable("the disk is gone")
        with self._catalog.read(partition) as reader:
            yield reader
        self.read.set()
        assert self.go_on.wait(20)


class World:
    """A real catalog, and API keys that read it."""

    def __init__(self, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
        self._catalog = catalog
        self.watched = Watched(catalog)
        reader: Any = type("Reading", (), {"read": staticmethod(self.watched.reading)})
        self.api_keys = ApiKeys(cast(Catalog, reader), loop)
        self._revision = catalog.revision()

    def put(self, key: str, document: Document | None, partition: Partition = HERE) -> None:
        with self._catalog.write(partition) as tx:
            if document is None:
                tx.delete(key)
            else:
                tx.put(key, document)

    def put_key(self, partition: Partition = HERE, **members: Any) -> None:
        self.put(keys.api_key_lookup(VALUE), LOOKUP | members, partition)

    def put_plan(self, **members: Any) -> None:
        self.put(keys.usage_plan_stage("api", "prod", "gold"), {"usagePlanId": "gold", **members})

    def tell(self) -> None:
        """Of what changed since the last time."""
        changes = self._catalog.changes(self._revision)
        self._revision = self._catalog.revision()
        self.api_keys.changed(changes)

    async def find(
        self, value: str = VALUE, stage: str = "prod", partition: Partition = HERE
    ) -> tuple[ApiKey | None, PlanOfStage | None]:
        return await awaited(self.api_keys.find(partition, value, "api", stage))


async def awaited(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the pipeline, which awaits `Pending` values."""
    done: Pending[T] = Pending()

    async def run() -> None:
        try:
            done.resolve(await work)
        except Exception as error:
            done.fail(error)

    drive(run(), lambda _: None)
    return await future_from(done, asyncio.get_running_loop())


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    catalog = open_catalog(directory)
    made = World(catalog, asyncio.get_running_loop())
    try:
        yield made
    finally:
        made.watched.go_on.set()
        made.api_keys.close()
        catalog.close()


def test_a_key_is_found_with_its_plan_of_the_stage_and_read_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            it.put_key()
            it.put_plan(quota={"limit": 5, "period": "DAY"})
            for _ in range(3):
                key, plan = await it.find()
                assert key == ApiKey("k1", True, ("other", "gold"))
                assert plan is not None
                assert (plan.id, plan.quota) == ("gold", {"limit": 5, "period": "DAY"})
            assert it.watched.reads == 3, "the key, the plan that is not of this stage, the plan"
            assert await it.find(stage="dev") == (key, None)
            assert await it.find("another value") == (None, None)
            assert await it.find(partition=THERE) == (None, None)

    asyncio.run(run())


def test_many_that_ask_at_once_share_one_read(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            found = await asyncio.gather(*(it.find("nobody's") for _ in range(10)))
            assert found == [(None, None)] * 10
            assert it.watched.reads == 1

    asyncio.run(run())


def test_what_changed_is_read_again_and_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            assert await it.find() == (None, None)
            it.put_key(usagePlanIds=["gold"])
            it.put_plan()
            it.put("stage/api/prod", {})
            it.put_key(THERE)
            it.tell()
            key, plan = await it.find()
            assert key
            assert plan
            it.put_key(usagePlanIds=["gold"], enabled=False)
            it.put(keys.api_key_lookup("another value"), LOOKUP)
            it.tell()
            reads = it.watched.reads
            assert await it.find() == (ApiKey("k1", False, ("gold",)), plan)
            assert it.watched.reads == reads + 1
            it.put(keys.usage_plan_stage("api", "prod", "gold"), None)
            it.tell()
            assert (await it.find())[1] is None

    asyncio.run(run())


def test_a_read_that_a_change_overtook_is_done_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            it.put_key(enabled=True, usagePlanIds=[])
            it.tell()
            it.watched.go_on.clear()
            asked = asyncio.create_task(it.find())
            await asyncio.to_thread(it.watched.read.wait, 20)  # the key was read while it was enabled …
            it.put_key(enabled=False, usagePlanIds=[])
            it.tell()
            it.watched.go_on.set()
            key, _ = await asked
            assert key is not None
            assert not key.enabled
            assert await it.find() == (key, None)

    asyncio.run(run())


def test_in_trouble_what_is_known_goes_on_and_what_is_not_fails(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            it.put_key()
            it.put_plan()
            known = await it.find()
            it.watched.failing = True
            assert await it.find() == known
            with pytest.raises(CatalogUnavailable):
                await it.find("another value")
            it.watched.failing = False
            assert await it.find("another value") == (None, None), "a failure is not remembered"

    asyncio.run(run())


def test_strangers_cannot_drive_out_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_documents, "ABSENT", 5)

    async def run() -> None:
        async with world(tmp_path) as it:
            it.put_key(usagePlanIds=["gold"])
            it.put_plan()
            await it.find()
            for number in range(20):
                await it.find(f"guess {number}")
            it.watched.failing = True
            assert (await it.find())[1] is not None

    asyncio.run(run())


def test_a_change_feed_with_a_gap_forgets_everything(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as it:
            it.put_key(usagePlanIds=[])
            await it.find()
            it.put_key(usagePlanIds=[], enabled=False)
            it.api_keys.changed([Change(1, HERE, "", False)])
            key, _ = await it.find()
            assert key is not None
            assert not key.enabled

    asyncio.run(run())


PLAN: Document = {
    "usagePlanId": "gold",
    "throttle": {"rateLimit": 10.5, "burstLimit": 20},
    "quota": {"limit": 7, "period": "WEEK", "offset": 2},
    "methodThrottle": {"/pets/GET": {"rateLimit": 1, "burstLimit": 2}, "/pets/ANY": {"rateLimit": 3}},
}


def test_a_plan_is_tried_method_first_then_throttle_then_quota() -> None:
    method, throttle, quota = plan_of_stage(PLAN).limits("k1", "api/prod", ("/pets/GET", "/pets/ANY"))
    assert isinstance(method, Bucket)
    assert (method.rate, method.burst, method.name) == (1.0, 2, "plan, method")
    assert throttle == Bucket(b"plan\0gold\0k1", 10.5, 20, "plan")
    assert quota == Quota("gold", "k1", 7, "WEEK", 2)


def test_a_bucket_of_a_method_is_of_one_key_stage_and_method() -> None:
    plan = plan_of_stage(PLAN)
    asked = [
        ("k1", "api/prod", ("/pets/GET", "/pets/ANY")),
        ("k2", "api/prod", ("/pets/GET", "/pets/ANY")),
        ("k1", "api/dev", ("/pets/GET", "/pets/ANY")),
        ("k1", "api/prod", ("/pets/PUT", "/pets/ANY")),
        ("k1", "api/prod", ("/pets/POST", "/pets/ANY")),
    ]
    buckets = [cast(Bucket, plan.limits(*one)[0]) for one in asked]
    assert len({bucket.key for bucket in buckets}) == 4, "an ANY method has one bucket for its verbs"
    assert buckets[3] == buckets[4]
    assert (buckets[3].rate, buckets[3].burst) == (3.0, 0), "what is not given lets nothing through"


def test_a_plan_without_limits_has_none_and_odd_rates_are_cut() -> None:
    assert plan_of_stage({"usagePlanId": "free"}).limits("k1", "api/prod", ("/pets/GET",)) == ()
    huge = plan_of_stage({"usagePlanId": "free", "throttle": {"rateLimit": 1e300, "burstLimit": 1}})
    assert cast(Bucket, huge.limits("k1", "api/prod", ("/pets/GET",))[0]).rate == MOST
