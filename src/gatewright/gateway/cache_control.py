"""`Cache-Control: max-age=0`: a caller asks for a response anew, in place of the one that is kept.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html#invalidate-method-caching
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gatewright.aws.policy.deny_texts import Denial, Layer, not_authorized
from gatewright.aws.policy.execute_api import INVALIDATE_CACHE
from gatewright.aws.principals import Credential, authorize
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.resource_policy import as_backends_read, invocation
from gatewright.wire.types import Headers

IGNORED = b"Warning: 199 Cache-control headers were ignored because the caller was unauthorized.\r\n"
_UNSIGNED = Denial(Layer.IDENTITY, explicit=False)


class Verdict(Enum):
    """What becomes of the wish."""

    ALLOWED = "granted"
    IGNORED_ALOUD = "ignored with a warning: the caller may not invalidate"
    IGNORED = "ignored: the caller may not invalidate"


_REFUSED = {
    "SUCCEED_WITH_RESPONSE_HEADER": Verdict.IGNORED_ALOUD,
    "SUCCEED_WITHOUT_RESPONSE_HEADER": Verdict.IGNORED,
    "FAIL_WITH_403": None,
}


@dataclass(frozen=True, slots=True)
class Invalidation:
    """Who may have a response anew, and what becomes of the others' requests."""

    authorized_only: bool
    refused: Verdict | None  # None: 403

    def settle(self, exchange: Exchange) -> Verdict | None:
        """None for a request that asks for nothing of the kind. Raises GatewayError 403."""
        if not _asks(exchange.request.headers):
            return None
        if not self.authorized_only:
            return Verdict.ALLOWED
        why = _refusal(exchange)
        if why is None:
            return Verdict.ALLOWED
        if self.refused is None:
            raise GatewayError(ACCESS_DENIED, why, reason=why)
        return self.refused


def invalidation(authorized_only: bool, strategy: str) -> Invalidation:
    """As a method setting says. Raises ValueError for a strategy that is none."""
    if strategy not in _REFUSED:
        raise ValueError(
            f"unauthorizedCacheControlHeaderStrategy {strategy!r} is none of {', '.join(_REFUSED)}"
        )
    return Invalidation(authorized_only, _REFUSED[strategy])


def _asks(headers: Headers) -> bool:
    return any(
        directive.strip().lower() == b"max-age=0"
        for value in headers.get_all(b"cache-control")
        for directive in value.split(b",")
    )


def _refusal(exchange: Exchange) -> str | None:
    """Why the caller may not: it has to have signed, and its policies and the API's to let it."""
    assert exchange.method is not None
    admission = exchange.method.admission
    policy = None if admission is None or admission.policy is None else admission.policy.policy
    signer = exchange.signer
    if not isinstance(signer, Credential):
        return not_authorized(None, invocation(exchange).resource, _UNSIGNED, INVALIDATE_CACHE)
    principal = signer.principal
    own = (principal.policy, principal.boundary, principal.session_policy, policy)
    request = invocation(exchange, *(one for one in own if one is not None))
    for asked in (request, *as_backends_read(exchange.path, request)):
        denial = authorize(
            principal,
            INVALIDATE_CACHE,
            asked.resource,
            asked.context,
            owner=exchange.stage.account,
            resource_policy=policy,
        ).denial
        if denial is not None and (asked is request or denial.explicit):
            return not_authorized(principal.arn, request.resource, denial, INVALIDATE_CACHE)
    return None
