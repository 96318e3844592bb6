"""An integration's document becomes the object that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatewright.catalog.api import Document, Partition
from gatewright.functions.api import FunctionName
from gatewright.gateway import refusals
from gatewright.gateway.integration_request import IntegrationRequest, RequestBody
from gatewright.gateway.integration_response import ResponsePlan, Responses, compile_pattern, final_fields
from gatewright.gateway.integrations.aws_service import AwsService
from gatewright.gateway.integrations.function_uri import function_of
from gatewright.gateway.integrations.http import Backend, Http, HttpProxy
from gatewright.gateway.integrations.http_stream import HttpPassThrough, HttpStream
from gatewright.gateway.integrations.invocation import Invocation
from gatewright.gateway.integrations.invoker import CALLER
from gatewright.gateway.integrations.lambda_ import LambdaCustom, LambdaProxy, WrongVerb
from gatewright.gateway.integrations.lambda_stream import LambdaStream
from gatewright.gateway.integrations.mock import Mock
from gatewright.gateway.integrations.nowhere import Nowhere
from gatewright.gateway.integrations.service_uri import ServiceUri
from gatewright.gateway.integrations.uri import Uri
from gatewright.gateway.mapping_template.template import compile_templates
from gatewright.gateway.parameters import (
    RequestMappings,
    compile_request_mappings,
    compile_response_mappings,
)
from gatewright.gateway.plan import Integration
from gatewright.gateway.service_keys import DEFAULT
from gatewright.gateway.settings import AMAZON_PAYLOAD_BYTES, GatewaySettings
from gatewright.gateway.stage_variables import has_placeholder, substitute
from gatewright.gateway.vpc_links import FindLink, LeadsNowhere, depends_on_stage, no_link, way_of
from gatewright.wire.client import Patience
from gatewright.wire.client_certificate import ClientCertificate
from gatewright.wire.types import render_fields

DEFAULT_TIMEOUT_MS = 29_000
LONGEST_STREAM_MS = 900_000
REGIONAL_IDLE, EDGE_IDLE = 300.0, 30.0  # seconds that a stream may pause


def is_streamed(integration: Document) -> bool:
    return bool(integration.get("responseTransferMode") == "STREAM")


@dataclass(frozen=True, slots=True)
class IntegrationCompiler:
    """What every integration of one stage shares."""

    api_id: str
    stage_name: str
    partition: Partition
    variables: Mapping[str, str]
    settings: GatewaySettings
    certificate: ClientCertificate | None = None  # for HTTP backends that ask for one
    link: FindLink = no_link
    edge: bool = False  # whether the API's endpoint is EDGE
    compresses: bool = False  # whether the API has a minimumCompressionSize

    def compile(
        self, resource_path: str, method: Document, integration: Document, *, cached: bool
    ) -> Integration:
        """`cached`: its responses are kept. Raises ValueError with the reason why it would not do what it
        says."""
        kind = integration["type"]
        mappings = compile_request_mappings(integration.get("requestParameters") or {}, kind, self.variables)
        if kind == "MOCK":
            return Mock(self._body(integration), mappings, self._responses(kind, method, integration))
        if kind in ("HTTP", "HTTP_PROXY"):
            return self._http(kind, method, integration, mappings, cached)
        if refusals.is_service(integration):
            return self._service(method, integration, mappings)
        return self._lambda(kind, resource_path, method, integration, mappings)

    def _http(
        self,
        kind: str,
        method: Document,
        integration: Document,
        mappings: RequestMappings | None,
        cached: bool,
    ) -> Integration:
        try:
            backend = self._backend(integration, self._uri(integration))
        except LeadsNowhere as error:
            if depends_on_stage(integration):
                return Nowhere(str(error))
            raise
        if kind == "HTTP_PROXY":
            return self._http_proxy(method, integration, backend, mappings, cached)
        request = IntegrationRequest(kind, mappings, self._body(integration))
        return Http(backend, request, self._responses(kind, method, integration))

    def _http_proxy(
        self,
        method: Document,
        integration: Document,
        backend: Backend,
        mappings: RequestMappings | None,
        cached: bool,
    ) -> Integration:
        handling = integration.get("contentHandling")
        proxy = HttpProxy(backend, mappings, handling)
        mapped = (integration.get("requestParameters") or {}).values()
        needed = (
            handling is not None
            or method.get("requestValidatorId") is not None
            or method.get("authorizationType") == "AWS_IAM"  # a signature is of the body too
            or any(value.startswith("method.request.body") for value in mapped)
        )
        if is_streamed(integration):
            return HttpStream(proxy, self._patience(backend.timeout), uploads=not needed)
        if self.settings.payload_bytes <= AMAZON_PAYLOAD_BYTES or self.compresses or cached:
            return proxy
        return HttpPassThrough(proxy, uploads=not needed)

    def _patience(self, timeout: float) -> Patience:
        """Of a stream: its time-out is for the whole, and it may not pause for long."""
        idle = EDGE_IDLE if self.edge else REGIONAL_IDLE
        return Patience(head=min(timeout, idle), idle=idle, whole=timeout)

    def _body(self, integration: Document) -> RequestBody:
        templates = integration.get("requestTemplates") or {}
        return RequestBody(
            compile_templates(templates, "request", self.settings.template_bytes),
            integration.get("passthroughBehavior", "WHEN_NO_MATCH"),
            integration.get("contentHandling"),
        )

    def _uri(self, integration: Document) -> Uri:
        verify = not (integration.get("tlsConfig") or {}).get("insecureSkipVerification", False)
        return Uri(
            substitute(integration["uri"], self.variables),
            verify=verify,
            shows=self.certificate,
            way=way_of(integration, self.variables, self.link, self.settings.load_balancers),
        )

    def _backend(self, integration: Document, uri: Uri | ServiceUri) -> Backend:
        verb = integration.get("httpMethod", "ANY")
        return Backend(
            uri=uri,
            verb=None if verb == "ANY" else verb,
            timeout=self._timeout(integration),
            api_id=self.api_id.encode(),
            user_agent=b"AmazonAPIGateway_" + self.api_id.encode(),
            payload_limit=self.settings.payload_bytes,
        )

    def _timeout(self, integration: Document) -> float:
        milliseconds = integration.get("timeoutInMillis", DEFAULT_TIMEOUT_MS)
        ceiling = self.settings.integration_timeout_ms
        if is_streamed(integration):
            ceiling = max(ceiling, LONGEST_STREAM_MS)
        if not 50 <= milliseconds <= ceiling:
            raise ValueError(f"timeoutInMillis {milliseconds} is not between 50 and {ceiling}")
        return float(milliseconds) / 1000

    def _responses(self, kind: str, method: Document, integration: Document) -> Responses:
        declared = method.get("methodResponses") or {}
        documents = integration.get("integrationResponses") or {}
        plans = [self._response(kind, documents[status], status in declared) for status in sorted(documents)]
        return Responses(kind, plans)

    def _response(self, kind: str, document: Document, declared: bool) -> ResponsePlan:
        mappings = compile_response_mappings(document.get("responseParameters") or {}, self.variables)
        constant = [] if mappings is None else mappings.constant
        return ResponsePlan(
            status=int(document["statusCode"]),
            pattern=compile_pattern(document.get("selectionPattern")),
            declared=declared,
            mappings=mappings,
            templates=compile_templates(
                document.get("responseTemplates") or {}, "response", self.settings.template_bytes
            ),
            handling=document.get("contentHandling"),
            head=None if constant is None else render_fields(final_fields(kind, constant)),
        )

    def _service(
        self, method: Document, integration: Document, mappings: RequestMappings | None
    ) -> Integration:
        role = self._role(method, integration)
        try:
            uri = ServiceUri(substitute(integration["uri"], self.variables), self.settings.services)
        except ValueError as error:
            if has_placeholder(integration["uri"]):
                return Nowhere(str(error))
            raise
        request = IntegrationRequest("AWS", mappings, self._body(integration))
        responses = self._responses("AWS", method, integration)
        return AwsService(uri, self._backend(integration, uri), role, request, responses)

    def _role(self, method: Document, integration: Document) -> str | None:
        """Whose keys sign; None where an unset stage variable leaves nobody: requests then fail."""
        given = integration.get("credentials") or DEFAULT
        role = self._credentials(method, integration)
        if given == DEFAULT or role == CALLER or role in self.settings.services.roles:
            return role
        if has_placeholder(given):
            return None
        raise ValueError(
            f"credentials {role}: the settings do not say where its keys come from; write a table "
            f'[roles."{role}"] with profile, access_key and secret_key, or sts'
        )

    def _credentials(self, method: Document, integration: Document) -> str:
        role = substitute(integration.get("credentials") or "", self.variables)
        if role == CALLER and method.get("authorizationType") != "AWS_IAM":
            raise ValueError(f"credentials {CALLER} pass the caller's on: set authorizationType AWS_IAM")
        return role

    def _lambda(
        self,
        kind: str,
        resource_path: str,
        method: Document,
        integration: Document,
        mappings: RequestMappings | None,
    ) -> Integration:
        streamed = is_streamed(integration)
        invocation = Invocation(
            function=self._function(integration["uri"], streamed),
            resource=f"arn:aws:execute-api:{self.partition.region}:{self.partition.account}:"
            f"{self.api_id}/{self.stage_name}/",
            resource_path=resource_path,
            account=self.partition.account,
            timeout=self._timeout(integration),
            credentials=self._credentials(method, integration),
        )
        if integration.get("httpMethod") != "POST":
            return WrongVerb()
        if streamed:
            return LambdaStream(invocation, mappings, self._patience(invocation.timeout))
        if kind == "AWS_PROXY":
            return LambdaProxy(invocation, mappings)
        responses = self._responses(kind, method, integration)
        request = IntegrationRequest(kind, mappings, self._body(integration))
        return LambdaCustom(invocation, request, responses)

    def _function(self, uri: str, streamed: bool) -> FunctionName | None:
        """None where an unset stage variable leaves no function: requests then fail, as on AWS."""
        try:
            account, region = self.partition.account, self.partition.region
            return function_of(substitute(uri, self.variables), account, region, streamed=streamed)
        except ValueError as error:
            if has_placeholder(uri):
                return None
            raise ValueError(f"{error}; AWS_PROXY integrations with Firehose are not supported yet") from None
