"""The embedded Lambda: finds what a name means, checks who asks, and hands the event to an instance."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gatewright.aws.errors import AwsError
from gatewright.aws.sigv4 import Secret
from gatewright.catalog.api import Catalog
from gatewright.functions import content
from gatewright.functions.api import (
    FunctionName,
    InvocationFailed,
    InvocationType,
    Invoker,
    Outcome,
    StreamedOutcome,
)
from gatewright.functions.directory import Directory, Owned, Target
from gatewright.functions.fleet import Fleet
from gatewright.functions.following import Following, News
from gatewright.functions.invocation import Invocation, StreamedInvocation
from gatewright.functions.permissions import denied
from gatewright.functions.settings import FunctionSettings
from gatewright.functions.unpacked import Unpacked
from gatewright.wire.pending import Pending

T = TypeVar("T")

Work = Callable[[FunctionName, Target], Pending[T]]  # raises AwsError


def random_request_id() -> str:
    """A version 4 UUID."""
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


class Engine:
    """Runs functions in processes of this machine. Not thread-safe: it belongs to its event loop."""

    is_remote = False

    def __init__(
        self,
        catalog: Catalog,
        *,
        loop: asyncio.AbstractEventLoop,
        settings: FunctionSettings,
        chance: Callable[[], float] = random.random,
        new_request_id: Callable[[], str] = random_request_id,
    ) -> None:
        self.loop = loop
        self.settings = settings
        self._chance = chance
        self._new_request_id = new_request_id
        self._directory = Directory()
        self._following = Following(catalog, loop, self._names, self._changed)
        self._unpacked = Unpacked(catalog, loop, settings.directory / "functions", settings.unpacked_bytes)
        self._fleet = Fleet(loop, settings, self._unpacked, self._following.catch_up)
        self._admissions: set[asyncio.Task[None]] = set()  # of what cannot be invoked at once
        self._closed = False
        self._keeper = loop.call_soon(self._keep_up)
        self._watcher = loop.call_soon(self._watch)

    def invoke(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        invocation_type: InvocationType = "RequestResponse",
        source: Invoker | None = None,
        secret: Secret | None = None,
        log_tail: bool = False,
        client_context: str | None = None,
        trace_id: str = "",
    ) -> Pending[Outcome]:
        """See `functions.api.Functions`. `client_context` is base64, as in the Invoke call.

        Without a `source` the newest configuration is used, else one that is at most `config_check` seconds
        old and what it takes to read the next.
        """
        work = partial(self._invoke, payload, invocation_type, log_tail, client_context, trace_id)
        return self._admitted(function, source, work)

    def invoke_streamed(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        source: Invoker | None = None,
        secret: Secret | None = None,
        trace_id: str = "",
    ) -> Pending[StreamedOutcome]:
        """See `functions.api.Functions`."""
        return self._admitted(function, source, partial(self._invoke_streamed, payload, trace_id))

    async def close(self) -> None:
        """Let what runs finish, for at most `close_wait`; then end every process."""
        self._keeper.cancel()
        self._watcher.cancel()
        if self._admissions:  # of what was invoked before
            await asyncio.wait(self._admissions, timeout=self.settings.close_wait)
        self._closed = True
        await self._following.close(self.settings.close_wait)
        await self._fleet.close(_closing())
        await self._unpacked.close()

    # Who may, and what a name means

    def _admitted(self, function: FunctionName, source: Invoker | None, work: Work[T]) -> Pending[T]:
        """What the work makes of the function, now or once it is read what that is."""
        try:
            if self._closed:
                raise _closing()
            target = self._known(function, source)
            if target is None:
                return self._once_read(function, source, work)
            return work(function, target)
        except AwsError as error:
            pending: Pending[T] = Pending()
            pending.fail(error)
            return pending

    def _known(self, function: FunctionName, source: Invoker | None) -> Target | None:
        """What the name means, if the source may invoke it; None while that is not read. Nobody is refused on
        what may have changed: it is read first."""
        if source is None:
            return self._directory.known(function) if self._following.look() is None else None
        target = self._directory.known(function)
        if target is None or self._allows(target, source):
            return target
        if self._following.look() is not None:
            return None
        raise denied(function, source)

    def _allows(self, target: Target, source: Invoker) -> bool:
        return not self.settings.enforce_permissions or target.allows(source)

    def _once_read(self, function: FunctionName, source: Invoker | None, work: Work[T]) -> Pending[T]:
        pending: Pending[T] = Pending()

        def forward(inner: Pending[T]) -> None:
            try:
                pending.resolve(inner.result())
            except Exception as error:
                pending.fail(error)

        async def read() -> None:
            try:
                await self._following.catch_up()
                target = await self._read(function)
                if source is not None and not self._allows(target, source):
                    raise denied(function, source)
                started = work(function, target)
            except Exception as error:
                pending.fail(error)
            else:
                started.then(forward)

        task = self.loop.create_task(read())
        self._admissions.add(task)
        task.add_done_callback(self._admissions.discard)
        return pending

    async def _read(self, function: FunctionName) -> Target:
        """What the name means: read now unless it is known, and not older than what was read of changes."""
        while (target := self._directory.known(function)) is None:
            changes = self._directory.changes
            resolved = await self._following.meaning(function)
            if self._directory.changes == changes:
                self._directory.remember(resolved)
        return target

    # What an invocation is

    def _invoke(
        self,
        payload: bytes,
        invocation_type: InvocationType,
        log_tail: bool,
        client_context: str | None,
        trace_id: str,
        function: FunctionName,
        target: Target,
    ) -> Pending[Outcome]:
        event = invocation_type == "Event"
        settings = self.settings
        limit = settings.event_bytes if event else settings.request_bytes
        context = content.check(payload, client_context, limit, invocation_type)
        version = target.resolved.choose(self._chance)
        if invocation_type == "DryRun":
            return _resolved(Outcome(204, executed_version=version.version))
        invocation = Invocation(
            self._new_request_id(),
            function.arn,
            payload or b"{}",
            client_context=context,
            trace_id=content.printable(trace_id),
            log_tail=log_tail,
            queued=time.monotonic(),
            patience=float("inf") if event else settings.queue_wait,
        )
        self._fleet.submit(function, version, invocation)
        if event and not invocation.pending.done:
            return _resolved(Outcome(202, request_id=invocation.request_id, executed_version=version.version))
        return invocation.pending

    def _invoke_streamed(
        self, payload: bytes, trace_id: str, function: FunctionName, target: Target
    ) -> Pending[StreamedOutcome]:
        content.check(payload, None, self.settings.request_bytes, "RequestResponse")
        invocation = StreamedInvocation(
            self._new_request_id(),
            function.arn,
            payload,
            client_context=None,
            trace_id=content.printable(trace_id),
            log_tail=False,
            queued=time.monotonic(),
            patience=self.settings.queue_wait,
        )
        self._fleet.submit(function, target.resolved.choose(self._chance), invocation)
        return invocation.pending

    # Keeping up with the catalog

    def _watch(self) -> None:
        self._watcher = self.loop.call_later(self.settings.config_check, self._watch)
        self._following.look()

    def _keep_up(self) -> None:
        """For code that no version has any more."""
        self._keeper = self.loop.call_later(self.settings.keep_up, self._keep_up)
        self._unpacked.sweep()

    def _names(self) -> set[FunctionName]:
        return {*self._directory.names(), *self._fleet.names()}

    def _changed(self, news: News) -> set[Owned]:
        if news.owners is None or news.owners:
            self._directory.changed(news.owners, news.found)
        self._unpacked.doubt(news.freed)
        return self._fleet.changed(news)


def _closing() -> InvocationFailed:
    return InvocationFailed("Gatewright is being stopped: no function is invoked any more")


def _resolved(outcome: Outcome) -> Pending[Outcome]:
    pending: Pending[Outcome] = Pending()
    pending.resolve(outcome)
    return pending
