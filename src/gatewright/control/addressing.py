"""Which service a management request is for, and whose documents it works on."""

from __future__ import annotations

import re

from gatewright.aws.errors import AwsError
from gatewright.aws.signature_errors import InvalidSignature
from gatewright.aws.sigv4 import Identity, claim_of
from gatewright.catalog.api import Partition
from gatewright.control.protocol.service import Service, services
from gatewright.wire.types import Request

# Lambda's URIs begin with the date of an API version, API Gateway's never do.
_VERSIONED = re.compile(r"/\d{4}-\d\d-\d\d/")
_REGION = re.compile(r"[a-z0-9-]{1,64}")
_ACCOUNT = re.compile(r"\d{12}")


def claimed_identity(request: Request) -> Identity | None:
    """Who the request says signed it, not proven; None when it does not say, or not readably."""
    try:
        claim = claim_of(request.query, request.headers)
        return Identity(claim.access_key, claim.scope.region, claim.scope.service)
    except AwsError:
        return None


def service_of(request: Request, claimed: Identity | None) -> Service:
    """The service the request was signed for; if that is none of ours, the path tells."""
    known = services()
    if claimed is not None and claimed.service in known:
        return known[claimed.service]
    return known["lambda" if _VERSIONED.match(request.path) else "apigateway"]


def partition_of(access_key: str, region: str, default: Partition) -> Partition:
    """An access key that is twelve digits names its account, as users of local clouds write it."""
    if not _REGION.fullmatch(region):
        raise InvalidSignature(f"Credential should be scoped to a valid region, not '{region[:64]}'. ")
    return Partition(access_key if _ACCOUNT.fullmatch(access_key) else default.account, region)
