"""`$context.requestOverride` and `$context.responseOverride`: what a template sets beside its output.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.field_values import breaks_lines, is_field_name
from gatewright.gateway.header_rules import illegal_target
from gatewright.gateway.parameters import Mapped
from gatewright.vtl import MapValue, to_text
from gatewright.wire.types import Field

STATUSES = range(200, 600)  # any other status a template sets is ignored


class OverrideMap(MapValue):
    """A map that makes the entries it is asked for, so that chained assignments never fail, and prints as
    nothing."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: dict[str, object] = {}

    def keys(self) -> Iterator[str]:
        return iter(self.entries)

    def get(self, name: str) -> object:
        found = self.entries.get(name)
        if found is None:
            found = self.entries[name] = OverrideMap()
        return found

    def put(self, name: str, value: object) -> object:
        before = self.entries.get(name)
        self.entries[name] = value
        return before

    def text(self) -> str:
        return ""

    def values_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """(name, text) of what was set below `kind`, such as `header`; a list is joined by commas."""
        below = self.entries.get(kind)
        if isinstance(below, OverrideMap):
            entries = below.entries
        elif isinstance(below, dict):
            entries = below
        else:
            return
        for name, value in entries.items():
            if isinstance(value, list):
                yield name, ",".join(to_text(one) for one in value)
            elif value is not None and not isinstance(value, OverrideMap):
                yield name, to_text(value)


class Overrides:
    """What the templates of one exchange override: those of the request reach into the response."""

    __slots__ = ("request", "response")

    def __init__(self) -> None:
        self.request = OverrideMap()
        self.response = OverrideMap()

    @property
    def status(self) -> int | None:
        """The response's status, where a template set one that can be sent."""
        status = self.response.entries.get("status")
        return status if type(status) is int and status in STATUSES else None

    def response_fields(self) -> list[Field]:
        """The response's header fields. Raises GatewayError 500 for one that cannot be sent."""
        return [_field(name, value) for name, value in self.response.values_of("header")]

    def as_documents(self) -> dict[str, Any]:
        """What was set, in the shape of the variables: for those who look at a template alone."""
        request = {kind: dict(self.request.values_of(kind)) for kind in ("header", "path", "querystring")}
        response: dict[str, Any] = {"header": dict(self.response.values_of("header"))}
        if self.status is not None:
            response["status"] = self.status
        return {"requestOverride": request, "responseOverride": response}

    def apply(self, mapped: Mapped, integration_type: str, dropped: frozenset[bytes]) -> Mapped:
        """The integration request's parameters with the overrides in place.

        `dropped`: lower-case names of headers that never leave. Raises GatewayError 500 for a header that may
        not be set, or cannot be sent.
        """
        request = self.request
        path = mapped.path | dict(request.values_of("path"))
        query = mapped.query | {name: [value] for name, value in request.values_of("querystring")}
        headers = list(request.values_of("header"))
        for name, _ in headers:
            if illegal_target(integration_type, name):
                raise configuration_error(f"{name} header already present", traced=False)
        fields = [_field(name, value) for name, value in headers if name.lower().encode() not in dropped]
        return Mapped(path, query, replaced(mapped.headers, fields))


def replaced(fields: list[Field], by: list[Field]) -> list[Field]:
    """`fields` with those of the same names, in any case, replaced by `by`."""
    names = {name.lower() for name, _ in by}
    return [field for field in fields if field[0].lower() not in names] + by


def _field(name: str, value: str) -> Field:
    if not is_field_name(name):
        raise _unsendable(f"the template overrides header {name!r}, which is no header name")
    encoded = value.encode()
    if breaks_lines(encoded):
        raise _unsendable(f"the template overrides header {name} with a line break or a NUL character")
    return name.encode(), encoded


def _unsendable(detail: str) -> GatewayError:
    return configuration_error("Unable to transform request", detail=detail)
