"""Usage: read and extended through the counters that the server hands over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.management import PARTITION, client_of, running_management
from tests.support.patches import patch, replace, shown
from tests.support.usage import MemoryUsage

from gatewright.aws.errors import ServiceUnavailable
from gatewright.catalog.api import Catalog
from gatewright.control.context import Services
from gatewright.control.operation import Call
from gatewright.control.rest.usage import get_usage

from .conftest import Refused

TODAY = datetime(2026, 2, 12, 15, 30, tzinfo=UTC)  # a Thursday
NUMERIC = "Usage Plan remaining quota must be a non-negative numeric"


@pytest.fixture(scope="module")
def counters() -> MemoryUsage:
    return MemoryUsage(TODAY.timestamp)


@pytest.fixture(scope="module")
def client(catalog: Catalog, counters: MemoryUsage) -> Iterator[Any]:
    services = Services(clock=TODAY.timestamp, usage=counters)
    with running_management(catalog, services=services) as endpoint, client_of(endpoint) as client:
        yield client


@pytest.fixture
def plan(client: Any) -> str:
    quota = {"limit": 100, "offset": 1, "period": "WEEK"}
    return str(client.create_usage_plan(name="gold", quota=quota)["id"])


@pytest.fixture
def key(client: Any, plan: str) -> str:
    return add_key(client, plan)


def add_key(client: Any, plan: str) -> str:
    key = str(client.create_api_key()["id"])
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return key


def test_usage_day_by_day(client: Any, counters: MemoryUsage, plan: str, key: str) -> None:
    counters.count(plan, key, 30)
    usage = client.get_usage(usagePlanId=plan, startDate="2026-02-09", endDate="2026-02-12")
    assert shown(usage) == {
        "usagePlanId": plan,
        "startDate": "2026-02-09",
        "endDate": "2026-02-12",
        "items": {key: [[0, 100], [0, 100], [0, 100], [30, 70]]},
    }


def test_keys_are_paged_and_chosen(client: Any, plan: str) -> None:
    made = sorted(add_key(client, plan) for _ in range(3))
    window = {"usagePlanId": plan, "startDate": "2026-02-12", "endDate": "2026-02-12"}
    first = client.get_usage(**window, limit=2)
    second = client.get_usage(**window, limit=2, position=first["position"])
    assert [*sorted(first["items"]), *second["items"]] == made
    assert "position" not in second
    assert client.get_usage(**window, keyId=made[1])["items"] == {made[1]: [[0, 100]]}
    assert client.get_usage(**window, keyId="unknown")["items"] == {}


def test_nothing_is_counted_without_a_quota(client: Any) -> None:
    plan = client.create_usage_plan(name="free")["id"]
    add_key(client, plan)
    usage = client.get_usage(usagePlanId=plan, startDate="2026-02-12", endDate="2026-02-12")
    assert usage["items"] == {}


def test_the_longest_window(client: Any, plan: str, key: str) -> None:
    usage = client.get_usage(usagePlanId=plan, startDate="2025-11-15", endDate="2026-02-12")
    assert len(usage["items"][key]) == 90


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (
            "12/02/2026",
            "2026-02-12",
            "Invalid start date specified: 12/02/2026. It must be a date such as 2016-01-31",
        ),
        (
            "2026-02-12",
            "2026-02-30",
            "Invalid end date specified: 2026-02-30. It must be a date such as 2016-01-31",
        ),
        (
            "2026-02-12",
            "20260212",
            "Invalid end date specified: 20260212. It must be a date such as 2016-01-31",
        ),
        (
            "2026-02-13",
            "2026-02-12",
            "Invalid dates specified: the usage cannot end on 2026-02-12 and start on 2026-02-13",
        ),
        (
            "2025-11-14",
            "2026-02-12",
            "Invalid dates specified: usage can be read for at most 90 days",
        ),
    ],
)
def test_bad_windows(client: Any, plan: str, refused: Refused, start: str, end: str, message: str) -> None:
    answer = refused(client.get_usage, usagePlanId=plan, startDate=start, endDate=end)
    assert answer == ("BadRequestException", message)


def test_what_is_left_is_changed_for_the_current_period(
    client: Any, counters: MemoryUsage, plan: str, key: str
) -> None:
    counters.count(plan, key, 90)
    changed = client.update_usage(usagePlanId=plan, keyId=key, patchOperations=replace("/remaining", "50"))
    assert shown(changed) == {
        "usagePlanId": plan,
        "startDate": "2026-02-10",
        "endDate": "2026-02-12",
        "items": {key: [[0, 140], [0, 140], [90, 50]]},
    }
    usage = client.get_usage(usagePlanId=plan, startDate="2026-02-09", endDate="2026-02-17")
    assert usage["items"][key] == [[0, 100], [0, 140], [0, 140], [90, 50], *[[0, 50]] * 4, [0, 100]]


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/remaining", "-1"), NUMERIC),
        (replace("/remaining", "much"), NUMERIC),
        (replace("/remaining"), NUMERIC),
        (
            replace("/used", "1"),
            "Invalid patch path  '/used' specified for op 'replace'. Must be one of: [/remaining]",
        ),
        (
            [patch("add", "/remaining", "1")],
            "Invalid patch path  '/remaining' specified for op 'add'. Please choose supported operations",
        ),
    ],
)
def test_bad_extensions(
    client: Any, plan: str, key: str, refused: Refused, operations: Any, message: str
) -> None:
    answer = refused(client.update_usage, usagePlanId=plan, keyId=key, patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_an_empty_list_changes_nothing(client: Any, plan: str, key: str) -> None:
    answer = client.update_usage(usagePlanId=plan, keyId=key, patchOperations=[])
    assert (answer["startDate"], answer["items"]) == ("2026-02-12", {key: [[0, 100]]})


def test_what_is_missing(client: Any, plan: str, key: str, refused: Refused) -> None:
    no_plan = ("NotFoundException", "Invalid Usage Plan ID specified")
    no_key = ("NotFoundException", "Invalid API Key identifier specified")
    extension = {"patchOperations": replace("/remaining", "1")}
    dates = {"startDate": "2026-02-12", "endDate": "2026-02-12"}
    assert refused(client.get_usage, usagePlanId="unknown", **dates) == no_plan
    assert refused(client.update_usage, usagePlanId="unknown", keyId=key, **extension) == no_plan
    assert refused(client.update_usage, usagePlanId=plan, keyId="unknown", **extension) == no_key
    stranger = client.create_api_key()["id"]
    assert refused(client.update_usage, usagePlanId=plan, keyId=stranger, **extension) == no_key


def test_without_a_quota_there_is_nothing_to_extend(client: Any, refused: Refused) -> None:
    plan = client.create_usage_plan(name="free")["id"]
    key = add_key(client, plan)
    operations = replace("/remaining", "1")
    assert refused(client.update_usage, usagePlanId=plan, keyId=key, patchOperations=operations) == (
        "BadRequestException",
        f"Usage Plan {plan} has no quota: there is nothing to extend",
    )


def test_a_node_without_counters_says_so(catalog: Catalog, plan: str, key: str) -> None:
    params = {"usagePlanId": plan, "startDate": "2026-02-12", "endDate": "2026-02-12"}
    with catalog.write(PARTITION) as tx, pytest.raises(ServiceUnavailable) as raised:
        get_usage(Call(tx, Services()), params)
    assert (
        raised.value.message == "Requests are not counted on this node: there is no usage to read or change"
    )
