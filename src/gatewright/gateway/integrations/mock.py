"""MOCK: the request template's `statusCode` picks the integration response; nothing is called."""

from __future__ import annotations

from functools import lru_cache

from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import RequestBody
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.mapping_template.template import MappingTemplate
from gatewright.gateway.parameters import RequestMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.jsonpath import json_smart

SHORT = 256  # characters: a mock's template comes to few texts, which are not worth reading anew


@lru_cache(maxsize=512)
def _short_status_code(text: str) -> int | None:
    return status_code(text)


def status_code(text: str) -> int | None:
    """The integer `statusCode` of a mock template's output, None if there is none to be read."""
    try:
        document = json_smart.parse(text)
    except json_smart.ParseError:
        return None
    code = document.get("statusCode") if isinstance(document, dict) else None
    return code if type(code) is int else None


class Mock:
    """One MOCK integration."""

    __slots__ = ("_body", "_constant", "_mappings", "_responses")

    def __init__(self, body: RequestBody, mappings: RequestMappings | None, responses: Responses) -> None:
        self._body = body
        self._mappings = mappings
        self._responses = responses
        self._constant = {template: _constant(template, responses) for template in body.templates.values()}

    async def run(self, exchange: Exchange) -> MethodResponse:
        if self._mappings is not None:
            self._mappings.apply(exchange)  # unused by a mock, but an illegal target still fails
        template = self._body.template(exchange)
        if template is None:
            return self._responses.respond(exchange, _answer(self._passed(exchange)))
        if exchange.tracing is None and not exchange.request.body:
            constant = self._constant[template]
            if constant is not None:
                return constant
        output = self._body.rendered(exchange, template, traced=False)
        return self._responses.respond(exchange, _answer(output))

    def _passed(self, exchange: Exchange) -> str:
        body = self._body.converted(exchange)
        return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _constant(template: MappingTemplate, responses: Responses) -> MethodResponse | None:
    """What every request with this template is answered, where that can be told beforehand."""
    code = None if template.constant is None else status_code(template.constant)
    return None if code is None else responses.constant(IntegrationAnswer(code, str(code), [], b""))


def _answer(output: str) -> IntegrationAnswer:
    code = _short_status_code(output) if len(output) <= SHORT else status_code(output)
    if code is None:
        raise _unreadable()
    return IntegrationAnswer(code, str(code), [], b"")


def _unreadable() -> GatewayError:
    return configuration_error(
        "Unable to parse statusCode. It should be an integer that is defined in the request template.",
        traced=False,
    )
