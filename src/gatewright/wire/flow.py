"""A body that passes piece by piece: from whoever has it to whoever takes it, as fast as it is taken."""

from __future__ import annotations

from typing import Protocol

from .pending import Pending


class Sink(Protocol):
    """Who takes a body."""

    def write(self, piece: bytes) -> bool:
        """Take a piece; False asks for no more until the source is told to `resume`."""

    def end(self) -> None:
        """The body is whole."""

    def fail(self, error: Exception) -> None:
        """There will be no more of the body, which is not whole."""


class Source(Protocol):
    """A body on its way. Nothing is lost before `pour`, and nothing is read but what had arrived."""

    def pour(self, sink: Sink) -> None:
        """Give the body to `sink`, beginning with what is there."""

    def resume(self) -> None:
        """The sink takes more."""

    def cancel(self) -> None:
        """Nobody takes the rest."""


class Valve(Protocol):
    """What a body comes out of."""

    def pause(self) -> None:
        """Give no more for now; what is already in hand may still come."""

    def resume(self) -> None: ...

    def cancel(self) -> None:
        """Nobody takes the rest of a body that is not over."""


class Flow:
    """A source in front of a valve: keeps what comes while nobody takes it.

    It begins held, before a valve that is shut: the valve is resumed once the body is poured.
    """

    __slots__ = ("_error", "_held", "_kept", "_over", "_sink", "_valve", "size")

    def __init__(self, valve: Valve) -> None:
        self._valve: Valve | None = valve
        self._sink: Sink | None = None
        self._kept: list[bytes] = []
        self._held = True
        self._over = False  # the body has ended, well or not
        self._error: Exception | None = None
        self.size = 0  # bytes that came so far

    # ---- for whoever has the body ------------------------------------------------------------------------

    def give(self, piece: bytes) -> None:
        if self._over:
            return  # nobody takes it
        self.size += len(piece)
        sink = self._sink
        if self._held or sink is None:
            self._kept.append(piece)
        elif not sink.write(piece) and self._sink is sink:  # else it was poured elsewhere meanwhile
            self._hold()

    def finish(self) -> None:
        """The body is whole."""
        self._end(None)

    def fail(self, error: Exception) -> None:
        """The rest will not come. What is kept is not worth waiting for."""
        self._kept.clear()
        self._end(error)

    def _end(self, error: Exception | None) -> None:
        if not self._over:
            self._over = True
            self._error = error
            self._valve = None
            if self._sink is not None and not self._kept:
                self._tell_end()

    def _tell_end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return
        if self._error is None:
            sink.end()
        else:
            sink.fail(self._error)

    def _hold(self) -> None:
        self._held = True
        if self._valve is not None:
            self._valve.pause()

    # ---- for whoever takes it: `Source` ------------------------------------------------------------------

    def pour(self, sink: Sink) -> None:
        self._sink = sink
        self.resume()

    def resume(self) -> None:
        sink = self._sink
        if sink is None or not self._held:
            return
        while self._kept:
            if not sink.write(self._kept.pop(0)):
                return
            if self._sink is not sink:  # it cancelled, or was poured elsewhere
                return
        self._held = False
        if self._over:
            self._tell_end()
        elif self._valve is not None:
            self._valve.resume()

    def cancel(self) -> None:
        self._sink = None
        self._kept.clear()
        self._held = True
        valve, self._valve = self._valve, None
        if valve is not None and not self._over:
            self._over = True
            valve.cancel()


class Collected(Pending[bytes]):
    """The sink of a body that is wanted whole, or as much of it as `limit` holds. Fails as the body does.

    Past the limit the source is held: pour it elsewhere, behind what is here, or cancel it.
    """

    __slots__ = ("_limit", "_pieces", "_size", "whole")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self.whole = False  # known once done

    def write(self, piece: bytes) -> bool:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size <= self._limit:
            return True
        self._settle()
        return False

    def end(self) -> None:
        self.whole = True
        self._settle()

    @property
    def so_far(self) -> bytes:
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _settle(self) -> None:
        body = self.so_far
        self._pieces = []
        self.resolve(body)


class Rejoined:
    """A body of which `begun` was taken already: the valve of a flow that gives it first, then the rest."""

    __slots__ = ("_flow", "_open", "_poured", "_rest")

    def __init__(self, begun: bytes, rest: Source) -> None:
        self._rest = rest
        self._flow = Flow(self)
        self._flow.give(begun)
        self._poured = False
        self._open = True

    @property
    def source(self) -> Source:
        return self._flow

    def write(self, piece: bytes) -> bool:
        self._flow.give(piece)
        return self._open

    def end(self) -> None:
        self._flow.finish()

    def fail(self, error: Exception) -> None:
        self._flow.fail(error)

    def pause(self) -> None:
        self._open = False

    def resume(self) -> None:
        self._open = True
        if self._poured:
            self._rest.resume()
        else:
            self._poured = True
            self._rest.pour(self)

    def cancel(self) -> None:
        self._rest.cancel()
