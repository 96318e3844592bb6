"""Identity sources: the parts of a request by which an authorizer's callers are told apart.

They are what a caller must send to be asked about at all, and the key of what is cached of it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import regex

from gatewright.gateway.context import compile_context
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.header_rules import NOT_KEPT, text
from gatewright.gateway.masking import masked
from gatewright.gateway.method_request.authorizers.lambda_failures import misconfigured, unauthorized
from gatewright.gateway.request_values import NAME
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.regexes import compiled

PATTERN_SECONDS = 0.1  # a validation expression that runs away fails its request, not the worker
NOTHING: Mapping[str, str] = {}

Values = list[str]  # all that one source has; the last is the one that counts where one is asked for
Read = Callable[[Exchange], Values | None]

_SOURCE = re.compile(
    rf"(method\.request\.header|method\.request\.querystring|stageVariables|context)\.({NAME})"
)


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """One part, as configured: `method.request.header.Authorization`."""

    expression: str
    read: Read


@dataclass(frozen=True, slots=True)
class Identity:
    """All parts of one authorizer, in the order configured; `pattern` is what a token must match in whole."""

    sources: tuple[IdentitySource, ...]
    pattern: regex.Pattern[str] | None = None

    def read(self, exchange: Exchange, context: Mapping[str, str] = NOTHING) -> list[Values]:
        """Each source's values. `context` goes before what the exchange says of `context.…` sources.

        Raises GatewayError 401 when one is missing or empty, or does not match.
        """
        identity = []
        for source in self.sources:
            given = context.get(source.expression) if context else None
            values = source.read(exchange) if given is None else [given]
            if values is None or not values[-1]:
                raise unauthorized(exchange, f"{source.expression} is missing or empty")
            identity.append(values)
        if self.pattern is not None:
            self._match(exchange, self.pattern, identity[0][-1])
        return identity

    def _match(self, exchange: Exchange, pattern: regex.Pattern[str], value: str) -> None:
        try:
            found = pattern.fullmatch(value, timeout=PATTERN_SECONDS)
        except TimeoutError:
            why = f"identityValidationExpression ran for more than {PATTERN_SECONDS} seconds"
            raise misconfigured("Authorizer error", why) from None
        if found is None:
            what = self.sources[0].expression
            raise unauthorized(exchange, f"{what} does not match identityValidationExpression")

    def secrets(self, identity: list[Values]) -> list[str]:
        """What callers sent of it, and of `Bearer abc` also the token alone."""
        sent = [
            value
            for source, values in zip(self.sources, identity, strict=True)
            if source.expression.startswith("method.request.")
            for value in values
        ]
        return sent + [value.rpartition(" ")[2] for value in sent if " " in value]

    def shown(self, identity: list[Values]) -> dict[str, str]:
        """What was read, masked, by its expression."""
        pairs = zip(self.sources, identity, strict=True)
        return {source.expression: masked(values[-1]) for source, values in pairs}


def compile_identity(sources: str | None, expression: str | None, variables: Mapping[str, str]) -> Identity:
    """`sources` are separated by commas. Raises ValueError naming what cannot be read."""
    parts = [part.strip() for part in sources.split(",")] if sources else []
    pattern = compile_expression(expression) if expression else None
    return Identity(tuple(_source(part, variables) for part in parts), pattern)


def compile_expression(expression: str) -> regex.Pattern[str]:
    """A Java regular expression. Raises ValueError."""
    try:
        return compiled(expression)
    except MethodFailed as error:
        raise ValueError(f"identityValidationExpression: {error}") from None


def _source(expression: str, variables: Mapping[str, str]) -> IdentitySource:
    match = _SOURCE.fullmatch(expression)
    if match is None:
        raise ValueError(f"{expression!r} is no identity source")
    where, name = match.groups()
    if where == "stageVariables":
        value = variables.get(name)
        return IdentitySource(expression, lambda _: None if value is None else [value])
    return IdentitySource(expression, _LOCATIONS[where](name))


def _header(name: str) -> Read:
    wanted = name.lower().encode()
    if wanted in NOT_KEPT:  # as the gateway completes or drops it, not as it was sent
        return _entered_header(name.lower())

    def read(exchange: Exchange) -> Values | None:
        headers = exchange.request.headers
        last = headers.get(wanted)
        if last is None:
            return None
        return [text(value) for value in headers.get_all(wanted)] if headers.repeated else [text(last)]

    return read


def _entered_header(wanted: str) -> Read:
    return lambda exchange: next(
        (values for name, values in exchange.multi_headers.items() if name.lower() == wanted), None
    )


def _query_string(name: str) -> Read:
    return lambda exchange: exchange.query.get(name)


def _context(name: str) -> Read:
    variable = compile_context(name)

    def read(exchange: Exchange) -> Values | None:
        value = variable(exchange)
        return None if value is None else [value]

    return read


_LOCATIONS: Mapping[str, Callable[[str], Read]] = {
    "method.request.header": _header,
    "method.request.querystring": _query_string,
    "context": _context,
}
