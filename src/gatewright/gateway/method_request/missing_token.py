"""What a request without a route is told: it reads as an unsigned or badly signed call, as on AWS."""

from __future__ import annotations

from gatewright.aws.signature_errors import (
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
)
from gatewright.aws.sigv4 import claim_of
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.signature_refusal import refused_signature


def unmatched(exchange: Exchange) -> GatewayError:
    """The refusal of a request that no method of the stage serves: what cannot be read as a signature is
    told so; a whole signature, which nothing asks for, is not looked at further."""
    reason = f"No method serves {exchange.verb} {exchange.path}"
    try:
        claim_of(exchange.request.query, exchange.request.headers)
    except (IncompleteSignature, InvalidSignature) as error:
        return refused_signature(error, reason)
    except MissingAuthenticationToken:
        pass
    return refused_signature(MissingAuthenticationToken(), reason)
