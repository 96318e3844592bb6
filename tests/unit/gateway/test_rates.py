"""What a method's key, plan, stage and account let through, decided on a real state whose clock is moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small
from tests.unit.gateway.conftest import MakeExchange

from gatewright.catalog.api import CatalogUnavailable, Document, Partition
from gatewright.gateway.access import Access
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.rates import (
    MethodThrottles,
    Rates,
    account_throttle,
    compile_rates,
)
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.trace import Trace
from gatewright.gateway.usage_plans import ApiKey, PlanOfStage, plan_of_stage
from gatewright.state.api import Bucket, State, StateUnavailable

PARTITION = Partition("123456789012", "eu-west-1")
VALUE = "0123456789-0123456789"
API: Document = {"id": "a1b2c3d4e5"}
PETS: Document = {"id": "k3x9a1", "path": "/pets"}
KEYED: Document = {"httpMethod": "GET", "apiKeyRequired": True}
OPEN: Document = {"httpMethod": "GET"}
DAILY: Document = {"limit": 3, "period": "DAY", "offset": 0}


class Keys:
    """Stands in for `ApiKeys`, which have a test of their own."""

    def __init__(self, key: ApiKey | None, plan: PlanOfStage | None, trouble: str = "") -> None:
        self._known = key, plan
        self._trouble = trouble
        self.asked: list[str] = []
        self.changes = 0

    async def find(self, *where: Any) -> tuple[ApiKey | None, PlanOfStage | None]:
        assert where[0] == PARTITION
        assert where[2:] == ("a1b2c3d4e5", "dev")
        self.asked.append(where[1])
        if self._trouble:
            raise CatalogUnavailable(self._trouble)
        return self._known


def keys(*, enabled: bool = True, **plan: Any) -> Keys:
    return Keys(ApiKey("k1", enabled, ("gold",)), plan_of_stage({"usagePlanId": "gold", **plan}))


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def state(tmp_path: Path, clock: MovedClock) -> Iterator[State]:
    state = open_small(tmp_path / "state", clock)
    yield state
    state.close()


def settings_of(**entries: Document) -> MethodThrottles:
    return MethodThrottles(
        API["id"],
        {"stageName": "dev", "methodSettings": {key: dict(entry) for key, entry in entries.items()}},
    )


def throttled(rate: float, burst: int) -> Document:
    return {"throttlingRateLimit": rate, "throttlingBurstLimit": burst}


NONE = settings_of()


def rates(
    method: Document = KEYED,
    *,
    stage: MethodThrottles = NONE,
    account: tuple[Bucket, ...] = (),
    **api: Any,
) -> Rates:
    made = compile_rates(method, PETS, API | api, stage, account)
    assert made is not None
    return made


def outcome(rates: Rates, exchange: Exchange) -> str:
    """`ok`, or the type of the gateway response."""
    try:
        answer(rates.admit(exchange))
    except GatewayError as error:
        return error.type.name
    return "ok"


class Asking:
    """Asks for admission as requests do."""

    def __init__(self, make: MakeExchange, state: State, keys: Keys) -> None:
        self._make = make
        self._access = Access(state, cast(Any, keys), *[cast(Any, None)] * 3)

    def exchange(self, verb: str = "GET", key: str | None = VALUE) -> Exchange:
        exchange = self._make(verb=verb, headers=[] if key is None else [("X-Api-Key", key)])
        exchange.outside = replace(exchange.outside, access=self._access)
        return exchange

    def outcome(self, rates: Rates, verb: str = "GET", key: str | None = VALUE) -> str:
        return outcome(rates, self.exchange(verb, key))

    def outcomes(self, rates: Rates, count: int, **request: Any) -> list[str]:
        return [self.outcome(rates, **request) for _ in range(count)]


@pytest.fixture
def asking(exchange: MakeExchange, state: State) -> Any:
    return lambda keys=None: Asking(exchange, state, keys or Keys(None, None))


# ---- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "sent", "why"),
    [
        (keys(), None, "no API key was sent"),
        (keys(), "", "no API key was sent"),
        (Keys(None, None), VALUE, "there is no such key"),
        (keys(enabled=False), VALUE, "the key is disabled"),
        (Keys(ApiKey("k1", True, ()), None), VALUE, "No Usage Plan found for key and API Stage"),
    ],
)
def test_a_key_that_does_not_let_in(asking: Any, known: Keys, sent: str | None, why: str) -> None:
    exchange = asking(known).exchange(key=sent)
    trace = exchange.tracing = Trace()
    with pytest.raises(GatewayError) as refused:
        answer(rates().admit(exchange))
    assert (refused.value.type.name, refused.value.message) == ("INVALID_API_KEY", "Forbidden")
    masked = "***************456789" if sent else ""
    assert refused.value.reason == (
        f"API Key {masked} not authorized because method 'GET /pets' requires API Key and API Key is not "
        f"associated with a Usage Plan for API Stage a1b2c3d4e5/dev: {why}"
    )
    assert [(step.name, step.facts) for step in trace.steps] == [
        ("api key", {"accepted": False, "key": masked, "stage": "a1b2c3d4e5/dev", "why": why})
    ]
    assert exchange.identity == {}


def test_a_key_that_lets_in_is_known_to_what_follows(asking: Any) -> None:
    exchange = asking(keys()).exchange()
    exchange.identity = {"user": "somebody"}
    answer(rates().admit(exchange))
    assert exchange.identity == {"user": "somebody", "apiKey": VALUE, "apiKeyId": "k1"}


@pytest.mark.parametrize(("named", "expected"), [(None, "INVALID_API_KEY"), ("named by the function", "ok")])
def test_the_key_comes_from_the_authorizer_where_the_api_says_so(
    asking: Any, named: str | None, expected: str
) -> None:
    known = keys()
    exchange = asking(known).exchange(key="sent in the header")
    exchange.usage_identifier_key = named
    assert outcome(rates(apiKeySource="AUTHORIZER"), exchange) == expected
    assert known.asked == ([] if named is None else [named]), "the header is no key"


def test_what_an_authorizer_names_is_no_key_where_the_header_is(asking: Any) -> None:
    known = keys()
    exchange = asking(known).exchange()
    exchange.usage_identifier_key = "named by the function"
    answer(rates(apiKeySource="HEADER").admit(exchange))
    assert known.asked == [VALUE]


def test_a_method_without_a_key_looks_at_none_and_counts_nothing(asking: Any) -> None:
    known = keys(quota=DAILY)
    made = rates(OPEN, stage=settings_of(**{"*/*": throttled(0, 1)}))
    assert asking(known).outcome(made) == "THROTTLED"
    assert known.asked == []
    assert compile_rates(OPEN, PETS, API, NONE, ()) is None


def test_when_keys_cannot_be_read_requests_are_refused(asking: Any) -> None:
    with pytest.raises(GatewayError) as refused:
        answer(rates().admit(asking(Keys(None, None, trouble="the disk is gone")).exchange()))
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")
    assert (refused.value.reason, refused.value.detail) == (
        "Usage Plan check failed due to an internal error",
        "the disk is gone",
    )


# ---- limits, and their order ------------------------------------------------------------------------------


def test_a_plan_gives_its_burst_and_then_its_rate(asking: Any, clock: MovedClock) -> None:
    ask = asking(keys(throttle={"rateLimit": 0.5, "burstLimit": 2}))
    assert ask.outcomes(rates(), 3) == ["ok", "ok", "THROTTLED"]
    clock.move(seconds=1.9)
    assert ask.outcome(rates()) == "THROTTLED"
    clock.move(seconds=0.2)
    assert ask.outcomes(rates(), 2) == ["ok", "THROTTLED"]
    clock.move(seconds=3600)
    assert ask.outcomes(rates(), 3) == ["ok", "ok", "THROTTLED"]


def test_a_quota_lasts_its_period(asking: Any, clock: MovedClock) -> None:
    ask = asking(keys(quota=DAILY))
    assert ask.outcomes(rates(), 4) == ["ok", "ok", "ok", "QUOTA_EXCEEDED"]
    clock.move(days=1)
    assert ask.outcomes(rates(), 4) == ["ok", "ok", "ok", "QUOTA_EXCEEDED"]


@pytest.mark.parametrize(
    ("plan", "stage", "account", "name"),
    [
        ({"methodThrottle": True, "throttle": 0, "quota": 0}, 0, 0, "plan, method"),
        ({"throttle": 0, "quota": 0}, 0, 0, "plan"),
        ({"quota": 0}, 0, 0, "quota"),
        ({}, 0, 0, "stage, method"),
        ({}, None, 0, "account"),
    ],
)
def test_the_first_that_is_empty_refuses(
    asking: Any, plan: Document, stage: int | None, account: int, name: str
) -> None:
    none = {"rateLimit": 0, "burstLimit": 0}
    settings: Document = {}
    if "methodThrottle" in plan:
        settings["methodThrottle"] = {"/pets/GET": none}
    if "throttle" in plan:
        settings["throttle"] = none
    if "quota" in plan:
        settings["quota"] = DAILY | {"limit": 0}
    made = rates(
        stage=NONE if stage is None else settings_of(**{"*/*": throttled(0, stage)}),
        account=account_throttle(PARTITION, GatewaySettings(account_rate=0, account_burst=account)),
    )
    exchange = asking(keys(**settings)).exchange()
    trace = exchange.tracing = Trace()
    with pytest.raises(GatewayError) as refused:
        answer(made.admit(exchange))
    assert name in trace.steps[-1].facts["limits"][-1]
    assert refused.value.type.name == ("QUOTA_EXCEEDED" if name == "quota" else "THROTTLED")


def test_what_a_later_limit_refuses_is_taken_from_none(asking: Any) -> None:
    known = keys(throttle={"rateLimit": 0.001, "burstLimit": 2}, quota=DAILY)
    closed = rates(stage=settings_of(**{"*/*": throttled(0, 0)}))
    ask = asking(known)
    assert ask.outcomes(closed, 5) == ["THROTTLED"] * 5
    assert ask.outcomes(rates(), 3) == ["ok", "ok", "THROTTLED"]


def test_the_log_says_which_limit_and_how_much_it_is(asking: Any) -> None:
    stage = settings_of(**{"*/*": throttled(2, 0)})
    for made, reason, detail in (
        (rates(), "Key throttle limit exceeded for RestApi a1b2c3d4e5, Stage dev, Resource k3x9a1, ", "plan"),
        (rates(OPEN, stage=stage), "Throttle limit exceeded for RestApi a1b2c3d4e5, ", "stage, method"),
    ):
        with pytest.raises(GatewayError) as refused:
            answer(made.admit(asking(keys(throttle={"rateLimit": 2, "burstLimit": 0})).exchange()))
        assert refused.value.reason.startswith(reason)
        assert refused.value.reason.endswith(", HttpMethod GET. Limit: 2.00 Burst: 0")
        assert refused.value.detail == detail


def test_a_full_store_refuses(asking: Any, state: State) -> None:
    """It is filled with buckets of clients that came before; none is let through uncounted."""

    def fill() -> None:
        for number in range(100_000):
            answer(state.admit([Bucket(b"%b%d" % (b"x" * 300, number), 1, 2)]))

    with pytest.raises(StateUnavailable):
        fill()
    with pytest.raises(GatewayError) as refused:
        answer(rates().admit(asking(keys(quota=DAILY)).exchange()))
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")
    assert refused.value.reason == "Execution failed due to an internal error"
    assert "is full" in refused.value.detail


# ---- method settings --------------------------------------------------------------------------------------

A, B = throttled(1, 2), throttled(3, 4)


def _limits(found: Iterable[Bucket]) -> list[tuple[float, int]]:
    return [(bucket.rate, bucket.burst) for bucket in found]


@pytest.mark.parametrize("key", ["~1pets/GET", "pets/GET", "/pets/GET", "~1pets/*", "*/GET", "*/*"])
def test_a_setting_names_its_method_in_any_form(key: str) -> None:
    assert _limits(settings_of(**{key: A}).of(PETS, "GET", "GET")) == [(1.0, 2)]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "~1/GET"),
        ("/", "/GET"),
        ("/", "//GET"),
        ("/pets/{id}/toys", "~1pets~1{id}~1toys/GET"),
        ("/pets/{id}/toys", "pets/{id}/toys/GET"),
        ("/{proxy+}", "~1{proxy+}/GET"),
    ],
)
def test_a_setting_names_any_path(path: str, key: str) -> None:
    assert _limits(settings_of(**{key: A}).of({"id": "r", "path": path}, "GET", "GET")) == [(1.0, 2)]


@pytest.mark.parametrize("key", ["pet/GET", "pets/POST", "pets/ANY", "pets/toys/GET", "*/POST"])
def test_a_setting_of_another_method_is_none_of_it(key: str) -> None:
    assert settings_of(**{key: A}).of(PETS, "GET", "GET") == ()


@pytest.mark.parametrize(
    ("closer", "wider"),
    [("pets/GET", "pets/ANY"), ("pets/ANY", "pets/*"), ("pets/*", "*/GET"), ("*/GET", "*/*")],
)
def test_the_most_specific_setting_holds_alone(closer: str, wider: str) -> None:
    assert _limits(settings_of(**{wider: B, closer: A}).of(PETS, "ANY", "GET")) == [(1.0, 2)]
    defaults = throttled(10_000.0, 5_000)
    assert settings_of(**{wider: B, closer: defaults}).of(PETS, "ANY", "GET") == ()


@pytest.mark.parametrize(
    ("entry", "limits"),
    [
        (throttled(10_000.0, 5_000), []),
        (throttled(-1.0, -1), []),
        ({}, []),
        (throttled(-1.0, 7), [(10_000.0, 7)]),
        (throttled(10_000.0, 7), [(10_000.0, 7)]),
        (throttled(0.5, -1), [(0.5, 5_000)]),
        (throttled(20_000.0, 5_000), [(20_000.0, 5_000)]),
        (throttled(0.0, 0), [(0.0, 0)]),
    ],
)
def test_the_accounts_defaults_are_no_limit_of_a_method(
    entry: Document, limits: list[tuple[float, int]]
) -> None:
    assert _limits(settings_of(**{"*/*": entry}).of(PETS, "GET", "GET")) == limits


def test_each_method_has_a_bucket_of_its_own() -> None:
    settings = settings_of(**{"*/*": A, "toys/ANY": A})
    toys: Document = {"id": "other", "path": "/toys"}
    asked = [(PETS, "GET", "GET"), (PETS, "ANY", "PUT"), (PETS, "ANY", "POST"), (toys, "GET", "GET")]
    assert len({settings.of(*one)[0].key for one in asked}) == 4
    assert settings.of(toys, "ANY", "PUT") == settings.of(toys, "ANY", "POST")
    other_stage = MethodThrottles(API["id"], {"stageName": "prod", "methodSettings": {"*/*": A}})
    assert other_stage.of(PETS, "GET", "GET")[0].key != settings.of(PETS, "GET", "GET")[0].key


def test_any_method_is_throttled_by_verb(asking: Any) -> None:
    made = rates({"httpMethod": "ANY"}, stage=settings_of(**{"*/*": throttled(0.001, 1)}))
    ask = asking()
    assert [ask.outcome(made, verb) for verb in ("GET", "PUT", "GET")] == ["ok", "ok", "THROTTLED"]


def test_there_is_no_account_throttle_unless_it_is_set() -> None:
    assert account_throttle(PARTITION, GatewaySettings()) == ()
    made = account_throttle(PARTITION, GatewaySettings(account_rate=5.5, account_burst=7))
    assert _limits(made) == [(5.5, 7)]
    elsewhere = account_throttle(
        Partition("123456789012", "eu-west-2"), GatewaySettings(account_rate=5.5, account_burst=7)
    )
    assert elsewhere[0].key != made[0].key
