"""AWS_IAM: a caller signs its request, and its own policies and the API's decide.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from gatewright.aws import principals, sigv4
from gatewright.aws.errors import AwsError
from gatewright.aws.policy.deny_texts import Layer, suffix
from gatewright.aws.policy.engine import Decision, Policy, Verdict
from gatewright.aws.policy.request import Request
from gatewright.aws.principals import Authorization, Credential, Principal
from gatewright.aws.signature_errors import SignatureMismatch
from gatewright.gateway.callers import REMEMBERED, Callers, NotRead
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.resource_policy import (
    ResourcePolicy,
    anonymous,
    as_backends_read,
    by_path_alone,
    denied,
    invocation,
    method_arn,
    told,
)
from gatewright.gateway.method_request.signature_refusal import refused_signature
from gatewright.gateway.uploads import collect
from gatewright.wire.inflow import StreamedRequest

SERVICE = "execute-api"
KIND = "AWS_IAM"
_NOT_THERE = "-"  # in place of a body's hash: it is no signature's
_VERBS = {Verdict.ALLOW: "allows", Verdict.DENY: "denies", Verdict.SILENT: "is silent"}


class IamAuthorizer:
    """Everything it decides by comes with the request, so one serves every method."""

    def passes(self, exchange: Exchange, policy: ResourcePolicy | None) -> bool:
        """Raises GatewayError 403."""
        request, access = exchange.request, exchange.outside.access
        if access is None or isinstance(request, StreamedRequest):
            return False
        try:
            credential = _authenticated(exchange, request.body, access.callers.known)
        except NotRead:
            return False
        except AwsError as error:
            raise _refused(exchange, error) from None
        _let_on(exchange, credential, policy)
        return True

    async def authorize(self, exchange: Exchange, policy: ResourcePolicy | None) -> None:
        """Raises GatewayError 403, or 500 when callers cannot be looked up."""
        try:
            credential = await _signer(exchange)
        except AwsError as error:
            raise _refused(exchange, error) from None
        _let_on(exchange, credential, policy)


def _refused(exchange: Exchange, error: AwsError) -> GatewayError:
    if exchange.tracing is not None:
        exchange.tracing.add(
            "authorizer", name=KIND, kind=KIND, allowed=False, cached=False, why=error.message
        )
    return refused_signature(error)


def _let_on(exchange: Exchange, credential: Credential, policy: ResourcePolicy | None) -> None:
    """If policies allow it. Raises GatewayError 403."""
    exchange.signer = credential
    principal = credential.principal
    organization = principal.context.get("aws:principalorgid")
    exchange.identity = _identity(
        principal.account, credential.access_key, principal.user_id, principal.arn, organization
    )
    _decide(exchange, principal, None if policy is None else policy.policy)


async def _signer(exchange: Exchange) -> Credential:
    """Whose signature the request carries. Raises the errors of `aws.signature_errors`, or GatewayError for a
    large body that is not let in or breaks off."""
    request = exchange.request
    if isinstance(request, StreamedRequest):
        await _have_body(exchange, request)
    return await _proven(exchange, exchange.request.body)


async def _have_body(exchange: Exchange, request: StreamedRequest) -> None:
    """A large body is waited for only where the head may be right: an unsigned request, or one by a key that
    nobody has, is refused before."""
    try:
        await _proven(exchange, _NOT_THERE)
    except SignatureMismatch:
        pass  # all that can be known without the body is as it should be
    await _require_api_key(exchange)
    await collect(exchange, request)


async def _require_api_key(exchange: Exchange) -> None:
    """Refuse a request that lacks the key its method asks for; nothing is counted."""
    admission = None if exchange.method is None else exchange.method.admission
    rates = None if admission is None else admission.rates
    if rates is not None and rates.key_source == "HEADER" and not exchange.request.headers.get(b"x-api-key"):
        await rates.admit(exchange)


async def _proven(exchange: Exchange, body: bytes | str) -> Credential:
    """`body` as `sigv4.authenticate` takes it."""
    access = exchange.outside.access
    if access is None:
        return _authenticated(exchange, body, lambda _: None)
    try:
        return _authenticated(exchange, body, access.callers.known)
    except NotRead as unread:
        found = await access.callers.find(unread.access_key)
        return _authenticated(exchange, body, lambda _: found)


def _authenticated(
    exchange: Exchange, body: bytes | str, lookup: Callable[[str], Credential | None]
) -> Credential:
    request = exchange.request
    _, credential = sigv4.authenticate(
        request.method,
        request.path,
        request.query,
        request.headers,
        body,
        lookup,
        service=SERVICE,
        region=exchange.stage.region,
        now=request.received,
    )
    return credential


@lru_cache(REMEMBERED)
def _identity(
    account: str, access_key: str, user_id: str, arn: str, organization: str | None
) -> Mapping[str, str]:
    """Members of `$context.identity`."""
    known = {
        "accountId": account,
        "accessKey": access_key,
        "caller": user_id,
        "user": user_id,
        "userArn": arn,
    }
    return known if organization is None else known | {"principalOrgId": organization}


def _decide(exchange: Exchange, principal: Principal, policy: Policy | None) -> None:
    own = (principal.policy, principal.boundary, principal.session_policy, policy)
    access = exchange.outside.access
    if access is not None and exchange.tracing is None and by_path_alone(exchange, *own):
        authorization = _authorization_by_path(access.callers, principal, policy, exchange)
    else:
        request = invocation(exchange, *own)
        authorization = _authorization(principal, policy, exchange.stage.account, request, exchange.path)
        if exchange.tracing is not None:
            _tell(exchange, principal, request, policy, authorization)
    if authorization.denial is not None:
        raise denied(principal.arn, method_arn(exchange), authorization.denial)


def _authorization(
    principal: Principal, policy: Policy | None, owner: str, request: Request, path: str
) -> Authorization:
    decide = partial(principals.authorize, principal, owner=owner, resource_policy=policy)
    authorization = decide(request.action, request.resource, request.context)
    if not authorization.allowed:
        return authorization
    for other in as_backends_read(path, request):
        also = decide(other.action, other.resource, other.context)
        if also.denial is not None and also.denial.explicit:
            return also
    return authorization


def _authorization_by_path(
    callers: Callers, principal: Principal, policy: Policy | None, exchange: Exchange
) -> Authorization:
    stage, verb, path = exchange.stage, exchange.verb, exchange.path
    asked = (principal, policy, stage.arn, verb, path)
    try:
        return callers.decisions[asked]
    except KeyError:
        request = anonymous(stage.arn, verb, path)
        authorization = _authorization(principal, policy, stage.account, request, path)
        callers.remember(asked, authorization)
        return authorization


def _tell(
    exchange: Exchange,
    principal: Principal,
    request: Request,
    policy: Policy | None,
    authorization: Authorization,
) -> None:
    assert exchange.tracing is not None
    asked = principals.request_of(principal, request.action, request.resource, request.context)
    said = "; ".join(_said(layer, decision) for layer, decision in authorization.decisions.items())
    denial = authorization.denial
    exchange.tracing.add(
        "authorizer",
        name=KIND,
        kind=KIND,
        allowed=denial is None,
        cached=False,
        why=f"{principal.arn}{'' if denial is None else f' is not authorized{suffix(denial)}'}: {said}",
        arn=request.resource,
        statements=[
            *told("identity-based policy", principal.policy, asked, exchange.path),
            *told("permissions boundary", principal.boundary, asked, exchange.path),
            *told("session policy", principal.session_policy, asked, exchange.path),
            *told("resource-based policy", policy, asked, exchange.path),
        ],
    )


def _said(layer: Layer, decision: Decision) -> str:
    by = "" if decision.statement is None else f" ({decision.statement})"
    return f"{layer.value.partition(' ')[2]} {_VERBS[decision.verdict]}{by}"
