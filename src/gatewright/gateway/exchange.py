"""One request's life: the request, the plan that serves it, and what the pipeline learned on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatewright.functions.api import Functions
from gatewright.gateway import header_rules, query_string
from gatewright.gateway.compression import decode_request_body
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.ids import new_trace_root
from gatewright.wire.client import Client
from gatewright.wire.timers import TimerWheel
from gatewright.wire.types import Field, Request

if TYPE_CHECKING:
    from gatewright.gateway.address import Address
    from gatewright.gateway.plan import MethodPlan, StagePlan

NO_PARAMETERS: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Outside:
    """The running parts an exchange reaches the world through, and the bounds in force."""

    client: Client
    functions: Functions
    timers: TimerWheel
    payload_bytes: int


class Exchange:
    """The only mutable thing that travels the pipeline. Views of the request are made when first read."""

    __slots__ = (
        "_body",
        "_fields",
        "_headers",
        "_multi_headers",
        "_query",
        "_trace",
        "context_path",
        "domain",
        "extended_request_id",
        "failure",
        "integration_latency",
        "method",
        "outside",
        "path",
        "path_parameters",
        "request",
        "request_id",
        "stage",
        "verb",
    )

    def __init__(
        self, request: Request, stage: StagePlan, address: Address, ids: tuple[bytes, bytes], outside: Outside
    ) -> None:
        # Given, and never changed
        self.request = request
        self.stage = stage
        self.path = address.path  # below the stage, with its leading slash: what Lambda events call `path`
        self.context_path = address.context_path  # with the stage: `$context.path`
        self.domain = address.domain  # the host as asked for, without the port
        self.request_id, self.extended_request_id = ids
        self.outside = outside
        # Set by the router
        self.verb = request.method
        self.method: MethodPlan | None = None
        self.path_parameters = NO_PARAMETERS  # raw values, never percent-decoded
        # Set by the integration
        self.integration_latency: float | None = None  # seconds
        # Set where the exchange fails
        self.failure: GatewayError | None = None
        # Views, made on demand
        self._body: bytes | None = None
        self._fields: list[Field] | None = None
        self._headers: dict[str, str] | None = None
        self._multi_headers: dict[str, list[str]] | None = None
        self._query: dict[str, list[str]] | None = None
        self._trace: bytes | None = None

    @property
    def body(self) -> bytes:
        """The client's body, its content coding undone. Raises GatewayError 415 or 413."""
        if self._body is None:
            self._body = decode_request_body(self.request, self.outside.payload_bytes)
        return self._body

    @property
    def fields(self) -> list[Field]:
        """The header fields that mappings, proxies and events see: entry rules applied, X-Forwarded-* and
        X-Amzn-Trace-Id added."""
        if self._fields is None:
            self._fields = header_rules.entering(self.request, self.trace)
        return self._fields

    @property
    def multi_headers(self) -> dict[str, list[str]]:
        """Every value by the name's first spelling; spellings that differ in case are one name."""
        if self._multi_headers is None:
            self._multi_headers = header_rules.multi_values(self.fields)
        return self._multi_headers

    @property
    def headers(self) -> dict[str, str]:
        """The last value of each name."""
        if self._headers is None:
            self._headers = {name: values[-1] for name, values in self.multi_headers.items()}
        return self._headers

    @property
    def query(self) -> dict[str, list[str]]:
        """Decoded query parameters: every value in order."""
        if self._query is None:
            self._query = query_string.parse(self.request.query)
        return self._query

    @property
    def trace(self) -> bytes:
        """X-Amzn-Trace-Id as the integration gets it: the client's completed, or a new root."""
        if self._trace is None:
            sent = self.request.headers.get(b"x-amzn-trace-id")
            self._trace = header_rules.complete_trace(sent) if sent else new_trace_root(self.request.received)
        return self._trace

    @property
    def media_type(self) -> str:
        """The request's media type without parameters, lower case; `application/json` when it has none."""
        value = self.request.headers.get(b"content-type")
        return header_rules.media_type(value) if value else "application/json"
