"""The bounds of the server, and what it answers by itself when one of them is passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .types import Response


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bytes, seconds and counts; the defaults with Amazon's name are API Gateway's quotas."""

    header_bytes: int = 10_240
    """All header lines with their line ends (API Gateway: total combined size of header values)."""

    target_bytes: int = 10_240
    """Path and query as sent (API Gateway: URL length of a regional API)."""

    body_bytes: int = 10_485_760
    """A body without its chunked coding (API Gateway: payload size)."""

    streamed_from: int = 10_485_760
    """Bodies longer than this are passed on as they come, where the server has a handler for such."""

    keeps_trailers: bool = False
    """Whether the trailers of chunked bodies are kept, for a handler of bodies that are passed on."""

    connections: int = 10_000
    """Open at once; the next one is answered 503 and closed. A worker's descriptors must allow for it."""

    header_timeout: float = 10.0
    """From the first byte of a head to its last."""

    body_timeout: float = 30.0
    """A body may take this long, and as much longer as `body_rate` gives it."""

    body_rate: int = 16_384
    """Bytes a second that a client must keep up once `body_timeout` is over."""

    idle_timeout: float = 310.0
    """Between an answer and the next head (API Gateway: idle connection time-out)."""

    write_timeout: float = 30.0
    """How long a client may take no byte of an answer that waits for it."""

    linger_timeout: float = 2.0
    """How long a refused client may go on sending, so that it reads the refusal instead of a reset."""

    linger_bytes: int = 33_554_432
    """How much a refused client may go on sending; read over, not kept."""

    drain_grace: float = 1.0
    """When draining, how long a busy keep-alive client has to send its next request and hear in the answer
    that it must close; what stays idle longer is closed."""

    write_buffer: int = 262_144
    """Bytes of answers waiting for a client beyond which its further requests and `Reply.write` wait."""

    def head_over(self, head: bytes) -> str | None:
        """Which limit a head, perhaps incomplete, passes: that of its "target", or of its header "lines"."""
        line = head.find(b"\n") + 1 or len(head)
        target = max(head.find(b" ", 0, line), 0) + 1
        target_end = head.find(b" ", target, line)
        if (target_end if target_end >= 0 else line) - target > self.target_bytes:
            return "target"
        return "lines" if len(head) - line - 2 > self.header_bytes else None  # the blank line does not count

    @property
    def smallest_head(self) -> int:
        """A head up to this size cannot pass either of its limits."""
        return min(self.header_bytes, self.target_bytes)


class Refusals(Protocol):
    """What the server answers without its handler; the application chooses the bytes."""

    def bad_request(self) -> Response: ...
    def headers_too_large(self) -> Response: ...
    def target_too_long(self) -> Response: ...
    def body_too_large(self) -> Response: ...
    def timed_out(self) -> Response: ...
    def overloaded(self) -> Response: ...
    def expectation_failed(self) -> Response: ...


class PlainRefusals:
    """Refusals with a status and no body."""

    def bad_request(self) -> Response:
        return Response(400)

    def headers_too_large(self) -> Response:
        return Response(431)

    def target_too_long(self) -> Response:
        return Response(414)

    def body_too_large(self) -> Response:
        return Response(413)

    def timed_out(self) -> Response:
        return Response(408)

    def overloaded(self) -> Response:
        return Response(503)

    def expectation_failed(self) -> Response:
        return Response(417)
