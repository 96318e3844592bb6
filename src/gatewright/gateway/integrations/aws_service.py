"""AWS, to any service: only what is mapped goes out, signed, and comes back.

The wire is Gatewright's own client, so the signer is `aws.sigv4`, which signs the bytes as they are sent; its
tests hold it to botocore's.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.aws import sigv4
from gatewright.aws.sigv4 import Secret
from gatewright.gateway import errors, query_string
from gatewright.gateway.deadline import within
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import IntegrationRequest
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.integrations.http import BODILESS, Backend, mapped_fields, mapped_response
from gatewright.gateway.integrations.invoker import CALLER
from gatewright.gateway.integrations.service_uri import ServiceUri
from gatewright.gateway.integrations.uri import Endpoint
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.service_keys import not_assumed
from gatewright.wire.client import Answer
from gatewright.wire.types import Field, render_fields

# Services whose actions the gateway names in a header; others want it mapped. With their media type.
_TARGETS: Mapping[str, tuple[str, bytes]] = {
    "dynamodb": ("DynamoDB_20120810", b"application/x-amz-json-1.0"),
    "kinesis": ("Kinesis_20131202", b"application/x-amz-json-1.1"),
    "states": ("AWSStepFunctions", b"application/x-amz-json-1.0"),
}
_SIGNERS_OWN = frozenset((b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256"))
_REQUEST_IDS = (b"x-amzn-requestid", b"x-amz-request-id")


class AwsService:
    """One service behind one method."""

    __slots__ = ("_backend", "_defaults", "_request", "_responses", "_role", "_uri")

    def __init__(
        self,
        uri: ServiceUri,
        backend: Backend,
        role: str | None,
        request: IntegrationRequest,
        responses: Responses,
    ) -> None:
        """`role`: an ARN of the settings, `CALLER`, or empty for the default keys; None where a stage
        variable names a role that the settings do not have."""
        self._uri = uri
        self._backend = backend
        self._role = role
        self._request = request
        self._responses = responses
        self._defaults = _defaults(uri)

    async def run(self, exchange: Exchange) -> MethodResponse:
        backend = self._backend
        mapped, body = self._request.prepare(exchange)
        verb = backend.verb or exchange.verb
        if verb in BODILESS:
            body = b""
        endpoint = _with_query(backend.endpoint(mapped), query_string.render(mapped.query))
        present = {name.lower() for name, _ in mapped.headers}
        kept = [field for field in mapped.headers if field[0].lower() not in _SIGNERS_OWN]
        kept += [field for field in self._defaults if field[0].lower() not in present]
        fields = mapped_fields(exchange, endpoint, kept, backend, body)
        secret = await self._secret(exchange)
        if secret is not None:
            fields += self._signature(verb, endpoint, fields, body, secret, exchange.request.received)
        return await backend.call(exchange, endpoint, "", render_fields(fields), body, self._response)

    async def _secret(self, exchange: Exchange) -> Secret | None:
        """The keys to sign with; None: there are none, and the service says what it thinks of that."""
        if self._role is None:
            raise not_assumed("the settings have no keys for the role that a stage variable names")
        if self._role == CALLER:
            if exchange.signer is None:
                raise not_assumed(f"credentials {CALLER} take a request that is signed")
            return exchange.signer
        keys = exchange.outside.keys
        assert keys is not None, "an exchange without keys runs no services"
        try:
            return await within(self._backend.timeout, keys.find(self._role), exchange.outside.timers)
        except TimeoutError:
            raise GatewayError(
                errors.INTEGRATION_TIMEOUT,
                "Endpoint request timed out",
                reason="Execution failed due to a timeout error",
                detail=f"the keys of {self._role or 'the default chain'} did not come in time",
                traced=True,
            ) from None

    def _signature(
        self, verb: str, endpoint: Endpoint, fields: list[Field], body: bytes, secret: Secret, now: float
    ) -> list[Field]:
        return sigv4.sign(
            verb,
            endpoint.path,
            endpoint.query,
            fields,
            body,
            secret,
            service=self._uri.signed_as,
            region=self._uri.region,
            now=now,
        )

    def _response(self, exchange: Exchange, answer: Answer) -> MethodResponse:
        for name, value in answer.fields:
            if name.lower() in _REQUEST_IDS:
                exchange.endpoint_request_id = value.decode("latin-1")
                break
        return mapped_response(self._responses, exchange, answer)


def _defaults(uri: ServiceUri) -> list[Field]:
    """What stands in the request's head unless it is mapped."""
    if uri.action is None or uri.service not in _TARGETS:
        return []
    prefix, media_type = _TARGETS[uri.service]
    return [(b"X-Amz-Target", f"{prefix}.{uri.action}".encode()), (b"Content-Type", media_type)]


def _with_query(endpoint: Endpoint, query: str) -> Endpoint:
    both = "&".join(part for part in (endpoint.query, query) if part)
    return Endpoint(endpoint.target, endpoint.host, endpoint.path, both)
