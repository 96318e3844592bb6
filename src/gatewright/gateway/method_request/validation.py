"""Request validation: required parameters first, then the body against its model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gatewright.catalog.api import Document
from gatewright.gateway.errors import BAD_REQUEST_BODY, BAD_REQUEST_PARAMETERS, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.json_schema import ModelSchema, compile_model

_ANY_TYPE = "$default"


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A required parameter."""

    name: str
    present: Callable[[Exchange, str], bool]


@dataclass(frozen=True, slots=True)
class Validator:
    """What one method asks of its requests."""

    parameters: tuple[_Parameter, ...]
    models: Mapping[str, ModelSchema]  # by media type, or `$default`

    def check(self, exchange: Exchange, body: bytes) -> None:
        """Raises GatewayError 400: BAD_REQUEST_PARAMETERS, or BAD_REQUEST_BODY with the validation errors."""
        if self.parameters:
            self._check_parameters(exchange)
        if self.models:
            self._check_body(exchange, body)
        if exchange.tracing is not None:
            exchange.tracing.add("request validation", contentType=exchange.media_type)

    def _check_parameters(self, exchange: Exchange) -> None:
        missing = [one.name for one in self.parameters if not one.present(exchange, one.name)]
        if missing:
            text = f"Missing required request parameters: [{', '.join(hash_set_order(missing))}]"
            raise GatewayError(BAD_REQUEST_PARAMETERS, text, reason=text, traced=True)

    def _check_body(self, exchange: Exchange, body: bytes) -> None:
        """A body whose media type has no model is not validated."""
        model = self.models.get(exchange.media_type) or self.models.get(_ANY_TYPE)
        found = None if model is None else model.problems(body)
        if found is None:
            return
        problems = f"[{', '.join(found)}]"
        content_type = exchange.media_type
        raise GatewayError(
            BAD_REQUEST_BODY,
            "Invalid request body",
            reason=f"Request body does not match model schema for content type {content_type}: {problems}",
            validation=problems,
            traced=True,
        )


def compile_validator(
    method: Document,
    validator: Document | None,
    models: Mapping[str, Document],
    api_id: str,
    path: str,
) -> Validator | None:
    """What `validator` switches on for `method` of resource `path`; None when nothing is checked.

    Raises ValueError with the reason why a model cannot be enforced.
    """
    if validator is None:
        return None
    required: tuple[_Parameter, ...] = ()
    schemas: dict[str, ModelSchema] = {}
    if validator.get("validateRequestParameters"):
        required = tuple(_required(method.get("requestParameters") or {}))
    if validator.get("validateRequestBody"):
        for media_type, name in (method.get("requestModels") or {}).items():
            schemas[media_type.lower()] = compile_model(name, models, api_id)
    if not (required or schemas):
        return None
    return Validator(required, schemas)


def _required(parameters: Mapping[str, bool]) -> Iterable[_Parameter]:
    """The parameters marked true: headers, then path, then query string, each by name."""
    for key in sorted(parameters):
        if parameters[key]:
            _, _, rest = key.partition("method.request.")
            location, _, name = rest.partition(".")
            if location not in _PRESENT or not name:
                raise ValueError(
                    f"request parameter {key!r} is not method.request.{{path|querystring|header}}.NAME"
                )
            yield _Parameter(name, _PRESENT[location])


def _present_header(exchange: Exchange, name: str) -> bool:
    return _filled(exchange.headers.get(name))


def _present_path(exchange: Exchange, name: str) -> bool:
    """Always false for a name that the resource path does not hold."""
    return _filled(exchange.path_parameters.get(name))


def _present_query(exchange: Exchange, name: str) -> bool:
    values = exchange.query.get(name)
    return values is not None and _filled(values[-1])


def _filled(value: str | None) -> bool:
    """A blank value counts as missing."""
    return value is not None and not (value == "" or value.isspace())


_PRESENT: Mapping[str, Callable[[Exchange, str], bool]] = {
    "header": _present_header,
    "path": _present_path,
    "querystring": _present_query,
}


def hash_set_order(names: Iterable[str]) -> list[str]:
    """Distinct names in the iteration order of a Java HashSet, in which the real service lists them.

    That is by ascending bucket of the spread hash, then in order of insertion; the table of 16 buckets
    doubles when more than three quarters full.
    """
    distinct = list(dict.fromkeys(names))
    buckets = 16
    while len(distinct) > buckets * 3 // 4:
        buckets *= 2
    return sorted(distinct, key=lambda name: _spread_hash(name) & (buckets - 1))


def _spread_hash(name: str) -> int:
    value = 0
    for character in name:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value ^ (value >> 16)
