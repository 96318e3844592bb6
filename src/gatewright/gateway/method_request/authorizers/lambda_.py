"""TOKEN and REQUEST: a function of the owner says who calls and what they may do.

    resource policy's Deny → identity → cached answer, else the function → both policies together

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

from gatewright.aws.policy.admission import admitted_by_authorizer
from gatewright.aws.policy.deny_texts import Denial, authorizer_denied
from gatewright.aws.policy.engine import Policy
from gatewright.aws.policy.request import Request
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import masked, without_secrets
from gatewright.gateway.method_request.authorizers.authorizer_answer import Answer, read_answer, shown_answer
from gatewright.gateway.method_request.authorizers.authorizer_event import MakeEvent, rendered, shown_event
from gatewright.gateway.method_request.authorizers.authorizer_function import AuthorizerFunction
from gatewright.gateway.method_request.authorizers.identity_sources import Identity, Values
from gatewright.gateway.method_request.authorizers.lambda_failures import misconfigured
from gatewright.gateway.method_request.authorizers.policy_cache import PolicyCache, unreadable
from gatewright.gateway.method_request.resource_policy import (
    ResourcePolicy,
    anonymous,
    as_backends_read,
    by_path_alone,
    invocation,
    method_arn,
)
from gatewright.gateway.method_request.resource_policy import told as statements_of
from gatewright.state.api import StateUnavailable

Facts = dict[str, Any]

REMEMBERED = 64  # decisions on one answer


class Told(NamedTuple):
    """What the function answered, now or earlier, and the milliseconds it was waited for."""

    payload: bytes
    answer: Answer
    milliseconds: int


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """One authorizer, as one method uses it."""

    id: str
    name: str
    kind: str
    identity: Identity
    event: MakeEvent
    function: AuthorizerFunction
    cache: PolicyCache | None  # None: nothing is cached
    key_required: bool  # the method asks for an API key

    def passes(self, exchange: Exchange, policy: ResourcePolicy | None) -> bool:
        """By an answer that this process has at hand."""
        cache, access = self.cache, exchange.outside.access
        if cache is None or access is None or exchange.tracing is not None:
            return False
        if policy is not None:
            policy.refuse_beforehand(exchange)
        found = cache.at_hand(access.state, cache.key(self.identity.read(exchange)))
        if found is None or found.value is None:
            return False
        answer = read_answer(found.value)
        exchange.authorizer = answer.recalled
        _decide(exchange, answer, policy, None)
        exchange.usage_identifier_key = answer.usage_identifier_key
        return True

    async def authorize(self, exchange: Exchange, policy: ResourcePolicy | None) -> None:
        if policy is not None:
            policy.refuse_beforehand(exchange)
        facts = self.begin(exchange)
        try:
            identity = self.identity.read(exchange)
            if exchange.tracing is not None:
                exchange.tracing.hide(self.identity.secrets(identity))
            told = await self._told(exchange, identity, facts)
            answer = told.answer
            # Before the decision: the gateway response to a denied caller may read the context.
            exchange.authorizer = answer.exposed(told.milliseconds)
            _decide(exchange, answer, policy, facts)
        except GatewayError as error:
            if facts is not None:
                facts["why"] = str(error)
            raise
        exchange.usage_identifier_key = answer.usage_identifier_key
        if exchange.tracing is not None and answer.usage_identifier_key is not None:
            exchange.tracing.hide([answer.usage_identifier_key])
        if facts is not None:
            facts.update(allowed=True, why="")

    def begin(self, exchange: Exchange) -> Facts | None:
        """The step's facts, which grow with it; None for an exchange that is not traced."""
        if exchange.tracing is None:
            return None
        start = {"name": self.name, "kind": self.kind, "id": self.id, "allowed": False, "cached": False}
        exchange.tracing.add("authorizer", **start, why="")
        return exchange.tracing.steps[-1].facts

    async def _told(self, exchange: Exchange, identity: list[Values], facts: Facts | None) -> Told:
        """From the cache, else from the function, which callers with the same identity then wait for
        together."""
        cache, access = self.cache, exchange.outside.access
        if cache is None or access is None:
            return await self.ask(exchange, method_arn(exchange), identity, facts)
        key = cache.key(identity)
        try:
            found = await access.state.policies.get(cache.space, key)
        except StateUnavailable as error:
            found = unreadable(error)
        if found.value is not None:
            told = Told(found.value, read_answer(found.value), 0)
            if facts is not None:
                facts.update(cached=True, **self._shown(identity, told))
            return told
        ask_and_keep = partial(self._kept, exchange, cache, key, found.generation, identity, facts)
        told = await access.authorizer_calls.do((cache.space, key, found.generation), ask_and_keep)
        if facts is not None:
            facts.update(self._shown(identity, told))
        return told

    async def _kept(
        self,
        exchange: Exchange,
        cache: PolicyCache,
        key: bytes,
        generation: int,
        identity: list[Values],
        facts: Facts | None,
    ) -> Told:
        """Ask, and keep the answer. Failures are not kept, nor is an answer that names no principal: it fails
        whoever it would let through."""
        told = await self.ask(exchange, method_arn(exchange), identity, facts)
        access = exchange.outside.access
        if told.answer.principal_id is not None and access is not None:
            await cache.keep(access.state, key, told.payload, generation)
        return told

    async def ask(self, exchange: Exchange, arn: str, identity: list[Values], facts: Facts | None) -> Told:
        """Call the function. Raises GatewayError 401 or 500."""
        if self.key_required:
            await _know_api_key(exchange)
        event = self.event(exchange, arn, identity[0][-1] if identity else "")
        if facts is not None:
            shown = self.identity.shown(identity)
            facts.update(
                identity=shown,
                uri=self.function.uri,
                headers=self.function.headers(exchange),
                event=shown_event(event, shown),
            )
        secrets = self.identity.secrets(identity)
        started = perf_counter()
        payload = await self.function.ask(exchange, rendered(event), secrets)
        milliseconds = round((perf_counter() - started) * 1000)
        if facts is not None:
            facts["result"] = without_secrets(shown_answer(payload), secrets)
        told = Told(payload, read_answer(payload), milliseconds)
        if facts is not None:
            facts.update(self._shown(identity, told))
        return told

    def _shown(self, identity: list[Values], told: Told) -> Facts:
        return {
            "identity": self.identity.shown(identity),
            "principal": masked(told.answer.principal_id or ""),
            "latencyMs": told.milliseconds,
        }


def _decide(exchange: Exchange, answer: Answer, policy: ResourcePolicy | None, facts: Facts | None) -> None:
    """Raises GatewayError 403 unless one of the policies allows and none denies."""
    resource = None if policy is None else policy.policy
    if facts is None and by_path_alone(exchange, answer.policy, resource):
        denial = _denial_by_path(answer, resource, exchange)
    else:
        request = invocation(exchange, answer.policy, resource)
        denial = _denial(answer.policy, resource, request, exchange.path)
        if facts is not None:
            facts.update(
                arn=request.resource,
                statements=[
                    *statements_of("authorizer's policy", answer.policy, request, exchange.path),
                    *statements_of("resource-based policy", resource, request, exchange.path),
                ],
            )
    if denial is not None:
        message = authorizer_denied(explicit=denial.explicit)
        raise GatewayError(ACCESS_DENIED, message, reason=message)
    if answer.principal_id is None:
        raise misconfigured("Authorizer error", "principalId is missing from an answer that allows")


def _denial(own: Policy, resource: Policy | None, request: Request, path: str) -> Denial | None:
    denial = admitted_by_authorizer(own, resource, request)
    if denial is not None:
        return denial
    others = (admitted_by_authorizer(own, resource, other) for other in as_backends_read(path, request))
    return next((other for other in others if other is not None and other.explicit), None)


def _denial_by_path(answer: Answer, resource: Policy | None, exchange: Exchange) -> Denial | None:
    stage, verb, path = exchange.stage.arn, exchange.verb, exchange.path
    asked = (resource, stage, verb, path)
    try:
        return answer.denials[asked]
    except KeyError:
        if len(answer.denials) >= REMEMBERED:
            answer.denials.clear()
        denial = answer.denials[asked] = _denial(answer.policy, resource, anonymous(stage, verb, path), path)
        return denial


async def _know_api_key(exchange: Exchange) -> None:
    """For the event only: whether the key is good is asked later."""
    sent, access = exchange.request.headers.get(b"x-api-key"), exchange.outside.access
    if not sent or access is None:
        return
    value = sent.decode("latin-1")
    known = {"apiKey": value}
    key = await access.api_keys.key(exchange.stage.partition, value)
    if key is not None:
        known["apiKeyId"] = key.id
    exchange.identity = {**exchange.identity, **known}
