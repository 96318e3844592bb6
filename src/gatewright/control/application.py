"""The management APIs as a handler: caller, operation, parameters, transaction, answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

from botocore.model import OperationModel

from gatewright.aws.errors import AwsError, BadRequest, NotFound, ServiceUnavailable, TooManyRequests
from gatewright.catalog.api import (
    Catalog,
    CatalogUnavailable,
    Document,
    InvalidDocument,
    Partition,
    Transaction,
)
from gatewright.control.addressing import claimed_identity, partition_of, service_of
from gatewright.control.auth import Verifier
from gatewright.control.context import Services
from gatewright.control.operation import EVENTS, REQUEST_ID, Call, Effect, EffectCall, Operation, Params
from gatewright.control.operations import find_operation, preparation_of
from gatewright.control.protocol.constraints import check
from gatewright.control.protocol.parsing import parse
from gatewright.control.protocol.refusing import refuse
from gatewright.control.protocol.routes import Match, Routes
from gatewright.control.protocol.serialising import serialise
from gatewright.control.protocol.service import Service, services
from gatewright.gateway.errors import forget_frames
from gatewright.gateway.exchange import Outside
from gatewright.state.api import StateUnavailable
from gatewright.wire.flow import Source
from gatewright.wire.pending import drive
from gatewright.wire.relay import Relay
from gatewright.wire.types import Reply, Request, Response

THREADS = 8  # operations at once; writes queue behind each other in the catalog anyway
MOST_WAITING = 1_000  # calls accepted and not yet answered

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Incoming:
    """One request on its way to its answer."""

    request: Request
    reply: Reply
    service: Service
    id: str


@dataclass(frozen=True, slots=True)
class _Effect:
    """An operation that goes on on the event loop."""

    function: Effect
    operation: OperationModel
    call: EffectCall
    params: Params


class Management:
    """Serves API Gateway's and Lambda's management operations on one listener.

    Operations run in threads, so that neither a large import nor a slow disk stops the loop. `verifier` None
    accepts any credentials, or none.
    """

    def __init__(
        self,
        catalog: Catalog,
        services: Services,
        outside: Outside,
        *,
        loop: asyncio.AbstractEventLoop,
        verifier: Verifier | None,
        default_partition: Partition,
    ) -> None:
        self._catalog = catalog
        self._services = services
        self._outside = outside
        self._loop = loop
        self._verifier = verifier
        self._default = default_partition
        self._routes = _all_routes()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="management")
        self._waiting = 0

    def close(self) -> None:
        """Let the calls under way end; further ones are refused."""
        self._threads.shutdown()

    def __call__(self, request: Request, reply: Reply) -> None:
        service = service_of(request, claimed_identity(request))
        incoming = _Incoming(request, reply, service, str(uuid.uuid4()))
        if self._waiting >= MOST_WAITING:
            reply.send(
                refuse(service, TooManyRequests("Too Many Requests", retryAfterSeconds=1), incoming.id)
            )
            return
        try:
            self._threads.submit(self._work, incoming)
        except RuntimeError:
            closing = ServiceUnavailable("Gatewright is shutting down: try again", retryAfterSeconds=1)
            reply.send(refuse(service, closing, incoming.id))
        else:
            self._waiting += 1

    def _work(self, incoming: _Incoming) -> None:
        """In a thread: do the operation, or all of it that comes before its effect."""
        try:
            outcome = self._perform(incoming)
        except Exception as error:
            outcome = _failed(incoming, error)
        step: Callable[..., None] = self._go_on if isinstance(outcome, _Effect) else self._finish
        try:
            self._loop.call_soon_threadsafe(step, incoming, outcome)
        except RuntimeError:
            _log.warning("The answer to management request %s came after the loop was closed", incoming.id)

    def _perform(self, incoming: _Incoming) -> Response | _Effect:
        service = incoming.service
        partition = self._partition(incoming)
        match = self._match(incoming)
        operation = match.operation
        function = find_operation(service, operation.name)
        params = parse(match, incoming.request.headers, incoming.request.body)
        check(service, operation, params)
        if inspect.iscoroutinefunction(function):
            call = EffectCall(partition, self._catalog, self._services, self._outside)
            return _Effect(cast(Effect, function), operation, call, params)
        result = self._transact(partition, cast(Operation, function), params)
        return serialise(service, operation, result, incoming.id)

    def _partition(self, incoming: _Incoming) -> Partition:
        """Whose documents the caller works on, once the caller is known."""
        if self._verifier is not None:
            identity = self._verifier.verify(incoming.request, incoming.service.name)
            return Partition(self._default.account, partition_of("", identity.region, self._default).region)
        claimed = claimed_identity(incoming.request)
        if claimed is None:
            return self._default
        return partition_of(claimed.access_key, claimed.region, self._default)

    def _match(self, incoming: _Incoming) -> Match:
        request, service = incoming.request, incoming.service
        match = self._routes[service.name].find(request.method, request.path, request.query or "")
        if match is None:
            raise NotFound(
                f"{request.method} {request.path[:200]} is no operation of {service.name}",
                code="UnknownOperationException",
            )
        if len(request.body) > service.body_bytes:
            raise AwsError(
                f"Request must be smaller than {service.body_bytes} bytes for the "
                f"{match.operation.name} operation",
                code="RequestEntityTooLargeException",
                status=413,
            )
        return match

    def _transact(self, partition: Partition, operation: Operation, params: Params) -> Document | None:
        prepare = preparation_of(operation)
        if prepare is not None:
            params = prepare(partition, params)
        reads = operation.__name__.startswith(("get_", "list_"))
        # A Reader has what an operation that only reads asks of a Transaction.
        begin = cast(
            Callable[[Partition], AbstractContextManager[Transaction]],
            self._catalog.read if reads else self._catalog.write,
        )
        with begin(partition) as tx:
            return operation(Call(tx, self._services, self._catalog.find), params)

    def _go_on(self, incoming: _Incoming, effect: _Effect) -> None:
        drive(_run(incoming, effect), lambda answer: self._finish(incoming, *answer))

    def _finish(self, incoming: _Incoming, response: Response, events: Source | None = None) -> None:
        """Answer; where there are `events`, with them as they come."""
        if events is None:
            self._waiting -= 1
            incoming.reply.send(response)
        else:
            Relay(incoming.reply, events, self._streamed).start(response.status, response.head, None)

    def _streamed(self, _relay: Relay) -> None:
        self._waiting -= 1


async def _run(incoming: _Incoming, effect: _Effect) -> tuple[Response, Source | None]:
    try:
        result = await effect.function(effect.call, effect.params) or {}
        request_id = result.get(REQUEST_ID) or incoming.id
        events = result.pop(EVENTS, None)
        return serialise(incoming.service, effect.operation, result, request_id), events
    except Exception as error:
        return _failed(incoming, error), None


def _failed(incoming: _Incoming, error: Exception) -> Response:
    response = refuse(incoming.service, _as_aws_error(incoming, error), incoming.id)
    forget_frames(error)
    return response


def _as_aws_error(incoming: _Incoming, error: Exception) -> AwsError:
    if isinstance(error, AwsError):
        return error
    if isinstance(error, (CatalogUnavailable, StateUnavailable)):
        _log.error("Management request %s: %s", incoming.id, error)
        return ServiceUnavailable(str(error), retryAfterSeconds=1)
    if isinstance(error, InvalidDocument):
        return BadRequest(str(error))
    request = incoming.request
    _log.error("Management request %s, %s %s", incoming.id, request.method, request.path, exc_info=error)
    return AwsError(f"Gatewright failed; its log tells why under request id {incoming.id}")


def _all_routes() -> dict[str, Routes]:
    return {name: Routes(service.operations) for name, service in services().items()}
