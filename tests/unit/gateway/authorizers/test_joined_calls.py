"""Callers with one identity whose policy is not cached yet: the function is asked once for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.scripted_functions import answered, failed
from tests.unit.gateway.authorizers.conftest import World, allowing, described, made

from gatewright.functions.api import Outcome
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer
from gatewright.gateway.trace import Trace
from gatewright.wire.pending import Pending, drive


class Waiting:
    """Requests whose function has not answered yet."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[Pending[Outcome]] = []
        self.ended: list[Any] = []
        world.functions.invoke = self._invoke  # type: ignore[method-assign]

    def _invoke(self, *_: Any, **__: Any) -> Pending[Outcome]:
        self.calls.append(Pending())
        return self.calls[-1]

    def ask(self, authorizer: LambdaAuthorizer, token: str = "abc", *, traced: bool = False) -> None:
        exchange = self.world.exchange(token=token)
        exchange.tracing = Trace() if traced else None

        async def ask() -> Any:
            try:
                await authorizer.authorize(exchange, None)
            except GatewayError as error:
                return error.status
            return exchange

        drive(ask(), self.ended.append)


def test_one_call_answers_all_that_wait(world: World) -> None:
    waiting = Waiting(world)
    for method in (made(described()), made(described()), made(described())):
        waiting.ask(method, traced=True)
    assert len(waiting.calls) == 1
    waiting.calls[0].resolve(answered(allowing(context={"said": "yes"})))
    assert [exchange.authorizer["said"] for exchange in waiting.ended] == ["yes"] * 3
    steps = [exchange.tracing.steps[-1].facts for exchange in waiting.ended]
    assert all(facts["allowed"] and facts["principal"] and facts["identity"] for facts in steps)
    waiting.ask(made(described()))
    assert len(waiting.calls) == 1, "cached by now"


def test_a_failure_is_everybodys_and_the_next_asks_anew(world: World) -> None:
    waiting = Waiting(world)
    for _ in range(2):
        waiting.ask(made(described()))
    waiting.calls[0].resolve(failed("Unauthorized"))
    assert waiting.ended == [401, 401]
    waiting.ask(made(described()))
    assert len(waiting.calls) == 2


@pytest.mark.parametrize("other", [{"token": "xyz"}, {"ttl": 0}, {"id": "aid124"}, {"generation": 1}])
def test_others_are_asked_about_on_their_own(world: World, other: dict[str, Any]) -> None:
    waiting = Waiting(world)
    waiting.ask(made(described()))
    document = described(id=other.get("id", "aid123"), authorizerResultTtlInSeconds=other.get("ttl"))
    waiting.ask(made(document, generation=other.get("generation", 0)), other.get("token", "abc"))
    assert len(waiting.calls) == 2


def test_who_comes_after_a_flush_does_not_wait_for_the_call_before_it(world: World) -> None:
    waiting = Waiting(world)
    authorizer = made(described())
    assert authorizer.cache is not None
    waiting.ask(authorizer)
    world.state.policies.flush(authorizer.cache.space)
    waiting.ask(authorizer)
    assert len(waiting.calls) == 2
    waiting.calls[0].resolve(answered(allowing(effect="Allow")))
    waiting.calls[1].resolve(answered(allowing(effect="Deny")))
    assert waiting.ended[1] == 403
    waiting.ask(authorizer)
    assert len(waiting.calls) == 2
    assert waiting.ended[2] == 403, "kept is what was told after the flush"
