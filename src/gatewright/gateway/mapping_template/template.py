"""A mapping template, compiled with its deployment and rendered for each exchange."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

from gatewright.gateway.errors import DEFAULT_4XX, GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.mapping_template.context_map import ContextMap
from gatewright.gateway.mapping_template.input import Input
from gatewright.gateway.mapping_template.util import UTIL
from gatewright.gateway.trace import StepName
from gatewright.jsonpath.json_smart import ParseError
from gatewright.vtl import RenderError, Step, Template, TemplateSyntaxError
from gatewright.vtl import compile_template as compile_velocity

_CHANGES = re.compile(r"\.(?:add|put|set)|#\{?evaluate|#\{?set\}?\s*\(\s*\$!?\{?[\w-]+[.\[]")
Side = Literal["request", "response"]
_STEPS: Mapping[Side, StepName] = {"request": "request template", "response": "response template"}


class MappingTemplate:
    """One template under its content type. `constant` is its output where nothing in it is dynamic."""

    __slots__ = ("_changes", "_makers", "_side", "_template", "constant", "key")

    def __init__(self, key: str, template: Template, side: Side) -> None:
        self.key = key
        self._template = template
        self._side = side
        self._changes = changes_payload(template.text)
        self._makers = [(name, make) for name, make in _MAKERS.items() if template.refers_to(name)]
        self.constant = template.constant

    def render(self, exchange: Exchange, payload: str) -> str:
        """The output for this payload; what it overrides stays on the exchange.

        Raises GatewayError 500 where the template fails, 400 where the request's payload is no JSON.
        """
        if self.constant is not None and exchange.tracing is None:
            return self.constant
        changes = self._changes
        variables = {name: make(exchange, payload, changes) for name, make in self._makers}
        try:
            if exchange.tracing is None:
                return self._template.render(variables)
            return self._render_traced(exchange, variables)
        except ParseError as error:
            raise self._unreadable(error) from error
        except RenderError as error:
            raise self._failed(str(error)) from error

    def _render_traced(self, exchange: Exchange, variables: Mapping[str, object]) -> str:
        steps: list[Step] = []
        try:
            output = self._template.render_traced(variables, steps.append)
        except Exception as error:
            self._tell(exchange, steps, failed=str(error))
            raise
        self._tell(exchange, steps, output=output)
        return output

    def _tell(self, exchange: Exchange, steps: list[Step], **outcome: str) -> None:
        assert exchange.tracing is not None
        missing = [
            {"line": step.line, "column": step.column, "source": step.source}
            for step in steps
            if step.missing
        ]
        exchange.tracing.add(_STEPS[self._side], key=self.key, missing=missing, **outcome)

    def _unreadable(self, error: ParseError) -> GatewayError:
        if self._side == "response":
            return self._failed(f"the integration's body is no JSON: {error}")
        message = f"Could not process payloadnet.minidev.json.parser.ParseException: {error}"
        return GatewayError(DEFAULT_4XX, message, reason=message, traced=True)

    def _failed(self, detail: str) -> GatewayError:
        return configuration_error(
            f"Unable to transform {self._side}", detail=f"template {self.key}: {detail}"
        )


def changes_payload(text: str) -> bool:
    """Whether a template may change the payload: it assigns to a member, or calls a method that changes."""
    return _CHANGES.search(text) is not None


def variables_of(exchange: Exchange, payload: str, *, changed: bool) -> dict[str, object]:
    """What a template can refer to. `changed`: whether it may change the payload."""
    return {name: make(exchange, payload, changed) for name, make in _MAKERS.items()}


_MAKERS: Mapping[str, Callable[[Exchange, str, bool], object]] = {
    "input": Input,
    "util": lambda *_: UTIL,
    "context": lambda exchange, *_: ContextMap(exchange),
    "stageVariables": lambda exchange, *_: dict(exchange.stage.variables),
}


def compile_templates(
    templates: Mapping[str, str | None], side: Side, limit: int
) -> dict[str, MappingTemplate]:
    """By media type (lower case); null and empty templates count as absent.

    Raises ValueError naming the key, and line and column of what is wrong there.
    """
    return {key.lower(): _compile(key, text, side, limit) for key, text in templates.items() if text}


def _compile(key: str, text: str, side: Side, limit: int) -> MappingTemplate:
    size = len(text.encode())
    if size > limit:
        raise ValueError(f"mapping template {key}: it has {size} bytes; at most {limit} are allowed")
    try:
        return MappingTemplate(key, _compiled(text), side)
    except TemplateSyntaxError as error:
        raise ValueError(f"{side} mapping template {key}: {error}") from None


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    """Methods repeat each other's templates, and a stage is compiled anew for each change of its settings."""
    return compile_velocity(text)
