"""MOCK: the request template's `statusCode` picks the integration response; nothing is called."""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import RequestBody
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.parameters import RequestMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.gateway.templates import Template

LENIENT_LENGTH = 65_536  # characters; a longer output that is not JSON is no mock answer
_INTEGER = re.compile(r"-?\d{1,18}")


def status_code(text: str) -> int | None:
    """The integer `statusCode` of a mock template's output, None if there is none to be read.

    The real service's parser is lenient: keys unquoted or in single quotes, stray commas, and rubbish after
    the code pass; a quoted number, unbalanced quotes and missing braces do not.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lenient_status_code(text.strip())
    if isinstance(document, dict):
        code = document.get("statusCode")
        if isinstance(code, int) and not isinstance(code, bool):
            return code
    return None


def _lenient_status_code(text: str) -> int | None:
    if len(text) > LENIENT_LENGTH or not (text.startswith("{") and text.endswith("}")):
        return None
    code = None
    for entry in _split(text[1:-1]):
        key, colon, value = entry.partition(":")
        if _spoiled(key.strip()):
            return None
        if colon and _unquoted(key.strip()) == "statusCode":
            code = int(value) if _INTEGER.fullmatch(value.strip()) else None
    return code


def _split(text: str) -> list[str]:
    """Entries between commas that stand outside quotes."""
    entries, start, quote = [], 0, ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ",":
            entries.append(text[start:index])
            start = index + 1
    return [*entries, text[start:]]


def _unquoted(key: str) -> str:
    return key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'" else key


def _spoiled(key: str) -> bool:
    """Whether a key makes the whole unreadable: it opens a bracket, or its quotes do not match."""
    return key[:1] in ("{", "[") or _unbalanced(key)


def _unbalanced(text: str) -> bool:
    return text.count('"') % 2 == 1 or text.count("'") % 2 == 1


class Mock:
    """One MOCK integration."""

    __slots__ = ("_body", "_constant", "_mappings", "_responses")

    def __init__(
        self,
        body: RequestBody,
        mappings: RequestMappings | None,
        responses: Responses,
        templates: Iterable[Template],
    ) -> None:
        self._body = body
        self._mappings = mappings
        self._responses = responses
        self._constant = {template: _constant(template, responses) for template in templates}

    async def run(self, exchange: Exchange) -> MethodResponse:
        if self._mappings is not None:
            self._mappings.apply(exchange)  # unused by a mock, but an illegal target still fails
        template = self._body.template(exchange)
        if template is None:
            return self._responses.respond(exchange, _answer(self._passed(exchange)))
        if exchange.request.body and isinstance(self._body.converted(exchange), bytes):
            raise configuration_error("Unable to transform request", traced=False)
        constant = self._constant[template]
        return constant or self._responses.respond(exchange, _answer(template.text))

    def _passed(self, exchange: Exchange) -> str:
        body = self._body.converted(exchange)
        return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _constant(template: Template, responses: Responses) -> MethodResponse | None:
    """What every request with this template is answered, where that can be told beforehand."""
    code = status_code(template.text)
    return None if code is None else responses.constant(IntegrationAnswer(code, str(code), [], b""))


def _answer(output: str) -> IntegrationAnswer:
    code = status_code(output)
    if code is None:
        raise _unreadable()
    return IntegrationAnswer(code, str(code), [], b"")


def _unreadable() -> GatewayError:
    return configuration_error(
        "Unable to parse statusCode. It should be an integer that is defined in the request template.",
        traced=False,
    )
