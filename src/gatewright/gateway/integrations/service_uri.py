"""Where an AWS integration goes, of what its URI says:

    arn:aws:apigateway:{region}:{[subdomain.]service}:path/{path of the service's URL}
    arn:aws:apigateway:{region}:{[subdomain.]service}:action/{action}[&{parameter}={value}…]

https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from gatewright.gateway.integrations.uri import PORTS, Endpoint, split
from gatewright.gateway.services import ServiceSettings
from gatewright.wire.client import Target

_ARN = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+):(?:(?P<subdomain>[A-Za-z0-9_-][A-Za-z0-9._-]*)\.)?"
    r"(?P<service>[a-z0-9-]+):(?P<form>path|action(?=/[^&]))/(?P<rest>[^#]*)",
    re.ASCII,
)
_VARIABLE = re.compile(r"\{([A-Za-z0-9._$-]+)\+?\}")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

# Services whose signatures name them otherwise than their addresses do.
_SIGNED_AS = {
    "appsync-api": "appsync",
    "email": "ses",
    "iot": "iotdata",  # data.iot: what takes messages; the service itself is not a subdomain's
    "marketplace": "aws-marketplace",
    "pinpoint": "mobiletargeting",
}


class ServiceUri:
    """One URI, taken apart; its variables are filled per request, and cannot leave their place in it."""

    __slots__ = ("_host", "_path", "_query", "_target", "action", "fixed", "region", "service", "signed_as")

    def __init__(self, text: str, settings: ServiceSettings) -> None:
        """Raises ValueError for a text that is none."""
        found = _ARN.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r} is no AWS service's URI: write arn:aws:apigateway:region:service:path/… or "
                "arn:aws:apigateway:region:service:action/…"
            )
        self.fixed: Endpoint | None = None  # each request is signed for itself
        self.region: str = found["region"]
        self.service: str = found["service"]
        subdomain: str | None = found["subdomain"]
        self.signed_as = _signed_as(self.service, subdomain)
        self._target, self._host = _place(settings, self.region, self.service, subdomain)
        is_action = found["form"] == "action"
        self.action: str | None = found["rest"].partition("&")[0] if is_action else None
        self._path, _, query = ("/", "", f"Action={found['rest']}") if is_action else _path(found["rest"])
        self._query = [pair.partition("=") for pair in query.split("&") if pair]

    def endpoint(self, path_parameters: Mapping[str, str]) -> Endpoint:
        """The address for one request. A variable that no parameter fills stays, percent-encoded."""

        def filled(text: str, safe: str) -> str:
            value = _VARIABLE.sub(lambda match: path_parameters.get(match[1], match[0]), text)
            return quote(_LONE_PERCENT.sub("%25", value), safe=safe)

        path = filled(self._path, "/%~")
        pairs = (filled(name, "%~") + equals + filled(value, "%~") for name, equals, value in self._query)
        return Endpoint(self._target, self._host, path, "&".join(pairs))


def _path(rest: str) -> tuple[str, str, str]:
    path, mark, query = rest.partition("?")
    return f"/{path}", mark, query


def _signed_as(service: str, subdomain: str | None) -> str:
    if service == "iot" and subdomain is None:
        return service
    return _SIGNED_AS.get(service, service)


def _place(
    settings: ServiceSettings, region: str, service: str, subdomain: str | None
) -> tuple[Target, bytes]:
    """Where to connect, and the Host. An endpoint that serves all of a service reads a subdomain from
    Amazon's name for it."""
    name = f"{subdomain}.{service}" if subdomain else service
    own = settings.endpoints.get(name)
    endpoint = own or settings.endpoint_of(service)
    if endpoint:
        target, host, _, _ = split(endpoint, verify=True)
        if subdomain is None or own:
            return target, host
    amazons = f"{subdomain}.{_amazons(service, region)}" if subdomain else _amazons(service, region)
    if endpoint:
        return target, amazons.encode()
    return Target("https", amazons, PORTS["https"]), amazons.encode()


@lru_cache(maxsize=256)
def _amazons(service: str, region: str) -> str:
    """The host of a service, by botocore's table: global ones and other partitions have their own names."""
    found = _resolver().construct_endpoint(service, region)
    return str(found["hostname"]) if found else f"{service}.{region}.amazonaws.com"


@lru_cache(maxsize=1)
def _resolver() -> Any:
    from botocore.loaders import Loader  # a large table, for nodes that reach Amazon only
    from botocore.regions import EndpointResolver

    return EndpointResolver(Loader().load_data("endpoints"))
