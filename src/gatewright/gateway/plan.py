"""Plans: what the compiler makes of a deployment's documents. Immutable, slotted, `None` where a step is not
configured."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gatewright.aws.policy.execute_api import stage_arn
from gatewright.catalog.api import Partition
from gatewright.gateway.errors import configuration_error
from gatewright.jsonpath import json_smart
from gatewright.wire.flow import Source
from gatewright.wire.types import Field

if TYPE_CHECKING:
    from gatewright.gateway.cache import ResponseCache
    from gatewright.gateway.canary import Canary
    from gatewright.gateway.content_handling import BinaryTypes
    from gatewright.gateway.exchange import Exchange
    from gatewright.gateway.gateway_response import GatewayResponses
    from gatewright.gateway.method_request.admission import Admission
    from gatewright.gateway.method_request.validation import Validator
    from gatewright.gateway.router import Router
    from gatewright.telemetry.metrics import Series


class IntegrationAnswer:
    """What an integration gave back, before the integration response is chosen."""

    __slots__ = ("_document", "body", "fields", "status", "subject")

    _document: object

    def __init__(self, status: int, subject: str, fields: list[Field], body: bytes) -> None:
        self.status = status
        self.subject = (
            subject  # what selection patterns are matched against: the status, or a Lambda errorMessage
        )
        self.fields = fields
        self.body = body

    @property
    def document(self) -> object:
        """The body as JSON, None for an empty one. Raises GatewayError 500 for a body that is no JSON."""
        try:
            return self._document
        except AttributeError:  # not read yet
            self._document = _read(self.body.decode("utf-8", "replace"))
        return self._document


def _read(text: str) -> object:
    try:
        return json_smart.parse(text) if text else None
    except json_smart.ParseError as error:
        raise configuration_error("Unable to transform response", detail=str(error)) from None


class MethodResponse:
    """What the client gets, before the standard headers and compression.

    `rendered` are fields that stand on the wire already, before those of `fields`: what is the same for every
    request is rendered once, and a proxy's fields in the pass that reads them.
    """

    __slots__ = ("body", "fields", "rendered", "status")

    def __init__(self, status: int, fields: list[Field], body: bytes, rendered: bytes = b"") -> None:
        self.status = status
        self.fields = fields
        self.body = body
        self.rendered = rendered


class StreamedResponse(MethodResponse):
    """One whose body passes piece by piece. `length` None: nobody knows it beforehand."""

    __slots__ = ("began", "length", "source")

    def __init__(
        self,
        status: int,
        fields: list[Field],
        source: Source,
        *,
        length: int | None = None,
        rendered: bytes = b"",
        began: float,
    ) -> None:
        super().__init__(status, fields, b"", rendered)
        self.source = source
        self.length = length
        self.began = began  # when the integration was called, on perf_counter


class Integration(Protocol):
    """Integration Request → Integration → Integration Response, for one method."""

    def run(self, exchange: Exchange) -> Coroutine[Any, Any, MethodResponse]:
        """Awaits only `Pending` values. Raises GatewayError, also before it is awaited."""


@dataclass(frozen=True, slots=True)
class MethodPlan:
    """One method of one resource."""

    resource_id: str
    resource_path: str
    http_method: str  # as configured: a verb or ANY
    operation_name: str | None
    admission: Admission | None
    validator: Validator | None
    integration: Integration
    series: Series
    cache: Mapping[str, ResponseCache] | None = None  # by the request's verb; None where none is cached


def lane_of(stage: str, is_canary: bool | None) -> str:
    """What logs, metrics and caches call a stage or its canary: `prod`, `prod/Canary`, as Amazon names log
    groups. No stage has a name with a slash."""
    return f"{stage}/Canary" if is_canary else stage


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage, or its canary: a deployment, compiled with the stage's own settings."""

    account: str
    region: str
    api_id: str
    name: str
    deployment_id: str
    variables: Mapping[str, str]
    router: Router
    gateway_responses: GatewayResponses
    binary_types: BinaryTypes
    minimum_compression_size: int | None
    execute_api_disabled: bool
    traced: bool
    unrouted: Series  # counts the requests that met no method
    is_canary: bool | None = None  # `$context.isCanaryRequest`; None where the stage has no canary
    canary: Canary | None = None  # None where none gets requests
    lane: str = field(init=False)
    partition: Partition = field(init=False)
    arn: str = field(init=False)  # the ARNs of its methods begin with it

    def __post_init__(self) -> None:
        arn = stage_arn(self.region, self.account, self.api_id, self.name)
        object.__setattr__(self, "partition", Partition(self.account, self.region))
        object.__setattr__(self, "arn", arn)
        object.__setattr__(self, "lane", lane_of(self.name, self.is_canary))
