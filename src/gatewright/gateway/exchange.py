"""One request's life: the request, the plan that serves it, and what the pipeline learned on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatewright.aws.canonical import ALGORITHM
from gatewright.aws.principals import Credential
from gatewright.functions.api import Functions
from gatewright.gateway import header_rules, query_string
from gatewright.gateway.compression import decode_request_body
from gatewright.gateway.errors import DEFAULT_4XX, GatewayError
from gatewright.gateway.ids import new_trace_root
from gatewright.jsonpath import json_smart
from gatewright.wire.client import Client
from gatewright.wire.timers import TimerWheel
from gatewright.wire.types import Field, Headers, Request

if TYPE_CHECKING:
    from gatewright.gateway.access import Access
    from gatewright.gateway.address import Address
    from gatewright.gateway.mapping_template.overrides import Overrides
    from gatewright.gateway.plan import MethodPlan, StagePlan
    from gatewright.gateway.service_keys import ServiceKeys
    from gatewright.gateway.trace import Trace
    from gatewright.gateway.verified_tokens import Verified

NO_PARAMETERS: dict[str, str] = {}
NOBODY: Mapping[str, str] = {}
_SIGNED = ALGORITHM.encode()


@dataclass(frozen=True, slots=True)
class Outside:
    """The running parts an exchange reaches the world through, and the bounds in force."""

    client: Client
    functions: Functions
    timers: TimerWheel
    payload_bytes: int
    access: Access | None = None  # None where nobody is admitted or refused: tests of drafts and templates
    keys: ServiceKeys | None = None  # None where no AWS service is called


class Exchange:
    """The only mutable thing that travels the pipeline. Views of the request are made when first read."""

    __slots__ = (
        "_authorizer",
        "_body",
        "_document",
        "_fields",
        "_headers",
        "_multi_headers",
        "_query",
        "_trace",
        "context_path",
        "domain",
        "endpoint_request_id",
        "extended_request_id",
        "failure",
        "identity",
        "integration_latency",
        "method",
        "outside",
        "overrides",
        "path",
        "path_parameters",
        "request",
        "request_id",
        "signer",
        "stage",
        "tracing",
        "usage_identifier_key",
        "verb",
        "verified",
    )

    _document: object

    def __init__(
        self, request: Request, stage: StagePlan, address: Address, ids: tuple[bytes, bytes], outside: Outside
    ) -> None:
        self.request = request  # changed once, where its body is collected late
        # Given, and never changed
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
        # Set by whoever learns who calls: members of `$context.identity`
        self.identity = NOBODY
        self.signer: Credential | None = None  # whose signature was verified
        self.verified: Verified | None = None  # the token that was sent
        self.usage_identifier_key: str | None = None  # the API key that a Lambda authorizer names
        # Set by the integration
        self.integration_latency: float | None = None  # seconds
        self.endpoint_request_id: str | None = None  # of an AWS service, by its own word
        # Set by a mapping template
        self.overrides: Overrides | None = None
        # Set where the exchange fails
        self.failure: GatewayError | None = None
        # Set for an exchange that is traced
        self.tracing: Trace | None = None
        # Views, made on demand
        self._authorizer: Mapping[str, Any] | None = None
        self._body: bytes | None = None
        self._fields: list[Field] | None = None
        self._headers: dict[str, str] | None = None
        self._multi_headers: dict[str, list[str]] | None = None
        self._query: dict[str, list[str]] | None = None
        self._trace: bytes | None = None

    @property
    def authorizer(self) -> Mapping[str, Any] | None:
        """`$context.authorizer`: set by a Lambda authorizer, else the claims of a token."""
        return self._authorizer if self.verified is None else self.verified.authorizer

    @authorizer.setter
    def authorizer(self, context: Mapping[str, Any]) -> None:
        self._authorizer = context

    @property
    def body(self) -> bytes:
        """The client's body, its content coding undone. Raises GatewayError 415 or 413."""
        if self._body is None:
            self._body = decode_request_body(self.request, self.outside.payload_bytes)
        return self._body

    @property
    def document(self) -> object:
        """The body as parameter mappings read it: JSON where it begins like JSON, else text.

        Raises GatewayError 400 for JSON that cannot be parsed.
        """
        try:
            return self._document
        except AttributeError:  # not read yet
            self._document = read_document(self.body.decode("utf-8", "replace"))
        return self._document

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

    def drop_signature(self) -> None:
        """Keep the signature of a request that was signed for the gateway from what is behind it."""
        authorization = self.request.headers.get(b"authorization")
        if authorization is None or not authorization.startswith(_SIGNED):
            return
        fields = [field for field in self.request.headers.fields if field[0].lower() != b"authorization"]
        self.request.headers = Headers(fields)
        self._fields = self._headers = self._multi_headers = None


class DirectExchange(Exchange):
    """An exchange before which no front end stands: nothing is added to its header fields."""

    __slots__ = ()

    @property
    def fields(self) -> list[Field]:
        return self.request.headers.fields


def read_document(text: str) -> object:
    """JSON where the text begins like JSON, else the text itself. Raises GatewayError 400."""
    if not text.lstrip().startswith(("{", "[", '"', "'")):
        return text
    try:
        return json_smart.parse(text)
    except json_smart.ParseError as error:
        message = "Invalid JSON in request body"
        raise GatewayError(DEFAULT_4XX, message, reason=message, detail=str(error), traced=True) from None
