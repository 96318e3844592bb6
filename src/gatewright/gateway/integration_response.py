"""Integration Response and Method Response for the types that map: which response, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from gatewright.gateway import content_handling, header_rules
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.mapping_template.overrides import Overrides, replaced
from gatewright.gateway.mapping_template.template import MappingTemplate
from gatewright.gateway.parameters import ResponseMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.gateway.trace import Trace, shown_fields
from gatewright.wire.types import Field

PATTERN_SECONDS = (
    0.1  # a selection pattern is the owner's: one that runs away fails its request, not the worker
)
JSON_TYPE: Field = (b"Content-Type", b"application/json")
REMEMBERED = 1024  # subjects whose response is remembered: statuses, which repeat


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """One integration response with its method response."""

    status: int
    pattern: regex.Pattern[str] | None  # None: the default response
    declared: bool  # whether the method response for this status exists
    mappings: ResponseMappings | None
    templates: dict[str, MappingTemplate]
    handling: str | None
    # The final header fields as rendered, where nothing of the exchange takes part in them.
    head: bytes | None
    usual_template: MappingTemplate | None = field(init=False)

    def __post_init__(self) -> None:
        first = next(iter(self.templates.values()), None)
        object.__setattr__(self, "usual_template", self.templates.get("application/json", first))


class Responses:
    """An integration's responses, in ascending order of status code, and the choice among them."""

    __slots__ = ("_chosen", "_default", "_integration_type", "_patterned")

    def __init__(self, integration_type: str, plans: Sequence[ResponsePlan]) -> None:
        self._integration_type = integration_type
        self._patterned = [plan for plan in plans if plan.pattern is not None]
        self._default = next((plan for plan in plans if plan.pattern is None), None)
        self._chosen: dict[str, ResponsePlan] = {}

    def respond(self, exchange: Exchange, answer: IntegrationAnswer) -> MethodResponse:
        """Choose by the answer's subject and map the answer. Raises GatewayError 500 when nothing matches."""
        plan = self._chosen.get(answer.subject) or self._choose(answer)
        if exchange.tracing is not None:
            _tell_choice(exchange.tracing, plan, answer)
        if not plan.declared:
            raise configuration_error(f"Output mapping refers to an invalid method response: {plan.status}")
        template, template_type = _response_template(plan, exchange)
        body = self._body(plan, template, exchange, answer)
        overrides = exchange.overrides
        if overrides is not None:
            return self._overridden(overrides, plan, exchange, answer, template_type, body)
        head = plan.head
        if head is not None and template_type is None:
            return MethodResponse(plan.status, [], body, head)
        fields = final_fields(self._integration_type, _mapped(plan, exchange, answer), template_type)
        return MethodResponse(plan.status, fields, body)

    def _overridden(
        self,
        overrides: Overrides,
        plan: ResponsePlan,
        exchange: Exchange,
        answer: IntegrationAnswer,
        template_type: bytes | None,
        body: bytes,
    ) -> MethodResponse:
        mapped = replaced(_mapped(plan, exchange, answer), overrides.response_fields())
        status = overrides.status or plan.status
        if exchange.tracing is not None:
            exchange.tracing.add("response override", status=status, headers=shown_fields(mapped))
        return MethodResponse(status, final_fields(self._integration_type, mapped, template_type), body)

    def constant(self, answer: IntegrationAnswer) -> MethodResponse | None:
        """The response to an answer without a body, where nothing of the exchange takes part in it."""
        try:
            plan = self._choose(answer)
        except GatewayError:
            return None
        if not plan.declared or plan.head is None or plan.templates.keys() - {"application/json"}:
            return None
        template = plan.templates.get("application/json")
        text = "" if template is None else template.constant
        return None if text is None else MethodResponse(plan.status, [], text.encode(), plan.head)

    def _choose(self, answer: IntegrationAnswer) -> ResponsePlan:
        subject = answer.subject
        for plan in self._patterned:
            if _matches(plan.pattern, subject):
                break
        else:
            if self._default is None:
                raise configuration_error(
                    "No match for output mapping and no default output mapping configured. "
                    f"Endpoint Response Status Code: {answer.status}"
                )
            plan = self._default
        if len(subject) <= 3 and len(self._chosen) < REMEMBERED:
            self._chosen[subject] = plan
        return plan

    def _body(
        self,
        plan: ResponsePlan,
        template: MappingTemplate | None,
        exchange: Exchange,
        answer: IntegrationAnswer,
    ) -> bytes:
        body = answer.body
        if body:
            body = self._converted(plan, exchange, answer)
            if template is not None and plan.handling == "CONVERT_TO_BINARY":
                raise configuration_error(
                    "Unable to transform response", detail="a template cannot take a binary body"
                )
        if template is None:
            return body
        return template.render(exchange, body.decode("utf-8", "replace")).encode("utf-8", "replace")

    def _converted(self, plan: ResponsePlan, exchange: Exchange, answer: IntegrationAnswer) -> bytes:
        types = exchange.stage.binary_types
        content_type = _field(answer.fields, b"content-type")
        return content_handling.convert_response(
            answer.body,
            types.response(content_type),
            types.accepted(exchange.request.headers.get(b"accept")),
            plan.handling,
        )


def _mapped(plan: ResponsePlan, exchange: Exchange, answer: IntegrationAnswer) -> list[Field]:
    return plan.mappings.apply(exchange, answer) if plan.mappings is not None else []


def _tell_choice(trace: Trace, plan: ResponsePlan, answer: IntegrationAnswer) -> None:
    trace.add(
        "integration response",
        subject=answer.subject,
        pattern=None if plan.pattern is None else plan.pattern.pattern,
        status=plan.status,
    )


def final_fields(
    integration_type: str, mapped: list[Field], template_type: bytes | None = None
) -> list[Field]:
    """Mapped header fields after the response header rules, with a Content-Type in any case."""
    if any(name.lower() == b"content-type" for name, _ in mapped):
        return header_rules.respond(integration_type, mapped)
    content_type = (b"Content-Type", template_type) if template_type else JSON_TYPE
    return [content_type, *header_rules.respond(integration_type, mapped)]


def _response_template(plan: ResponsePlan, exchange: Exchange) -> tuple[MappingTemplate | None, bytes | None]:
    """The template for the client's Accept, and the Content-Type it brings when it is not JSON's default."""
    templates = plan.templates
    if not templates:
        return None, None
    accept = exchange.request.headers.get(b"accept")
    if accept is not None:
        wanted = header_rules.media_type(accept.partition(b",")[0])
        found = templates.get(wanted)
        if found is not None:
            return found, None if wanted == "application/json" else wanted.encode("latin-1")
    return plan.usual_template, None


def _field(fields: list[Field], wanted: bytes) -> bytes | None:
    return next((value for name, value in fields if name.lower() == wanted), None)


def _matches(pattern: regex.Pattern[str] | None, subject: str) -> bool:
    if pattern is None:
        return False
    try:
        return pattern.fullmatch(subject, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        raise configuration_error(
            f"Selection pattern {pattern.pattern} took more than {PATTERN_SECONDS} s on the answer"
        ) from None


def compile_pattern(text: str | None) -> regex.Pattern[str] | None:
    """A selection pattern, matched against the whole subject. Raises ValueError when it is not one."""
    if not text:
        return None
    try:
        return regex.compile(text)
    except regex.error as error:
        raise ValueError(f"selectionPattern {text!r} is no regular expression: {error}") from None
