"""What a stage's access control says of a caller, route by route, without a request being made.

A request is made up and given to the very steps that admit real ones: router, resource policy, authorizers.
Keys, plans and throttles count requests, so they are named and not asked. Nor is a Lambda authorizer's
function, where the request would come to it: the resource policy or a missing identity may refuse before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gatewright.aws import sigv4
from gatewright.aws.principals import Credential
from gatewright.catalog.api import Document
from gatewright.gateway import pipeline
from gatewright.gateway.address import read
from gatewright.gateway.compiler import Snapshot
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.ids import RequestIds
from gatewright.gateway.method_request.authorizers.iam import SERVICE
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer
from gatewright.gateway.plan import MethodPlan, StagePlan
from gatewright.gateway.router import METHODS
from gatewright.gateway.trace import Trace
from gatewright.wire.types import Field, Headers, Request

HEADER = "method.request.header."
_DECIDING = ("resource policy", "authorizer")  # steps


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, how, and when."""

    source_ip: str
    now: float  # Unix seconds
    fields: list[Field] = field(default_factory=list)
    query: str | None = None
    token: str | None = None  # goes where a method's authorizer looks for it
    credential: Credential | None = None  # signs the requests to methods with AWS_IAM
    scheme: str = "http"


@dataclass(frozen=True, slots=True)
class Route:
    """One verb on one path, percent-encoded as it would be sent."""

    verb: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`allowed` None: it depends on a function that was not asked. `status` is what a refused caller gets."""

    route: Route
    resource: str | None  # the resource's path; None where no method serves the route
    allowed: bool | None
    status: int | None
    reason: str


class Simulation:
    """One stage and one caller."""

    def __init__(self, stage: StagePlan, snapshot: Document, caller: Caller, outside: Outside) -> None:
        self._stage = stage
        self._caller = caller
        self._outside = outside
        frozen = Snapshot(snapshot)
        self._authorizers = frozen.authorizers
        self._methods: Mapping[tuple[str, str], Document] = {
            (resource["path"], verb): method for resource, verb, method in frozen.methods()
        }
        self._ids = RequestIds()

    def routes(self) -> Iterator[Route]:
        """Every route of the stage; a path variable stands for itself, without its braces."""
        for path, http_method in sorted(self._methods):
            for verb in sorted(METHODS) if http_method == "ANY" else (http_method,):
                if http_method != "ANY" or (path, verb) not in self._methods:
                    yield Route(verb, path.replace("{", "").replace("+}", "").replace("}", ""))

    async def ask(self, route: Route) -> Answer:
        """Awaits only `Pending` values."""
        if self._stage.execute_api_disabled:
            return Answer(route, None, False, 403, "the API's execute-api endpoint is disabled")
        exchange = self._exchange(route)
        trace = exchange.tracing = Trace()
        method: MethodPlan | None = None
        try:
            method = pipeline.route(exchange)
            function = await self._admit(exchange, method)
        except GatewayError as error:
            exchange.failure = error
            status = self._stage.gateway_responses.answer(error, exchange).status
            where = None if method is None else method.resource_path
            return Answer(route, where, False, status, _refusal(trace, error))
        reason = function or _why(trace) or "open to everybody"
        allowed = None if function else True
        return Answer(route, method.resource_path, allowed, None, reason + self._key_note(method))

    async def _admit(self, exchange: Exchange, method: MethodPlan) -> str | None:
        """Raises GatewayError; answers which function would have to be asked."""
        admission = method.admission
        if admission is None:
            return None
        authorizer = admission.authorizer
        if not isinstance(authorizer, LambdaAuthorizer):
            await admission.authorize(exchange)
            return None
        if admission.policy is not None:
            admission.policy.refuse_beforehand(exchange)
        authorizer.identity.read(exchange)
        return f"asks the function {authorizer.function.named.arn}"

    def _exchange(self, route: Route) -> Exchange:
        caller, stage = self._caller, self._stage
        host = f"{stage.api_id}.execute-api.localhost"
        path = f"/{stage.name}{route.path}"
        fields = [(b"Host", host.encode()), *caller.fields]
        fields += self._proof(route, path, fields)
        request = Request(
            route.verb,
            path,
            caller.query,
            Headers(fields),
            client=caller.source_ip,
            scheme=caller.scheme,
            received=caller.now,
        )
        address = read(host.encode(), path)
        assert address is not None
        return Exchange(request, stage, address, self._ids.next(), self._outside)

    def _proof(self, route: Route, path: str, fields: list[Field]) -> list[Field]:
        """The token or the signature, as the route's method wants it."""
        found = self._stage.router.find(route.path, route.verb)
        if found is None:
            return []
        document, caller = self._document(found[0]), self._caller
        if document.get("authorizationType") == "AWS_IAM":
            if caller.credential is None:
                return []
            return sigv4.sign(
                route.verb,
                path,
                caller.query,
                fields,
                b"",
                caller.credential,
                service=SERVICE,
                region=self._stage.region,
                now=caller.now,
            )
        if caller.token is None:
            return []
        return [
            (
                _token_header(self._authorizers.get(document.get("authorizerId", ""), {})),
                caller.token.encode(),
            )
        ]

    def _document(self, method: MethodPlan) -> Document:
        return self._methods[method.resource_path, method.http_method]

    def _key_note(self, method: MethodPlan) -> str:
        return "; also asks for an API key" if self._document(method).get("apiKeyRequired") else ""


def _token_header(authorizer: Document) -> bytes:
    """The first header that an authorizer takes its identity from."""
    sources = (authorizer.get("identitySource") or "").split(",")
    names = [one.strip().removeprefix(HEADER) for one in sources if one.strip().startswith(HEADER)]
    return (names[0] if names else "Authorization").encode()


def _why(trace: Trace) -> str:
    """What the steps that decide said."""
    told = (step for step in trace.steps if step.name in _DECIDING)
    return "; ".join(
        f"resource policy: {step.facts['why']}" if step.name == "resource policy" else str(step.facts["why"])
        for step in told
    )


def _refusal(trace: Trace, error: GatewayError) -> str:
    """What the step that refused said, or the error where none was told."""
    refused = any(step.name in _DECIDING and not step.facts["allowed"] for step in trace.steps)
    return _why(trace) if refused else error.detail or error.reason
