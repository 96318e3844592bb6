"""`gatewright vtl`: mapping templates by themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli import show
from gatewright.cli.options import BadOptions
from gatewright.server.errors import CannotStart

if TYPE_CHECKING:
    from gatewright.vtl import Step

app = typer.Typer(
    help="Work with mapping templates.", no_args_is_help=True, rich_markup_mode="rich", add_completion=False
)


@app.command()
def render(
    template: Annotated[str, typer.Argument(help="The template's file, or - for standard input.")],
    event: Annotated[
        Path | None,
        typer.Option(
            "--event",
            metavar="FILE",
            help="The request as a Lambda proxy event (JSON): body, headers, queryStringParameters, "
            "pathParameters, stageVariables, requestContext; every member may be missing.",
        ),
    ] = None,
    body: Annotated[str | None, typer.Option(help="The payload, instead of the event's body.")] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Tell on standard error what each line did.")
    ] = False,
) -> None:
    """Print what a mapping template comes to, by the gateway's own code.

    $ echo '{"id": "$input.params("id")"}' | gatewright vtl render - --event event.json
    $ gatewright vtl render order.vtl --body '{"items": []}' --trace
    """
    from gatewright.gateway.render import render as render_template
    from gatewright.jsonpath.json_smart import ParseError
    from gatewright.vtl import RenderError, TemplateSyntaxError

    asked = _event(event) | ({} if body is None else {"body": body})
    text = _template(template)
    try:
        rendered = render_template(text, asked)
    except TemplateSyntaxError as error:
        raise CannotStart(f"{_shown(template)} is no template: {error}") from None
    except ParseError as error:
        raise CannotStart(f"{_shown(template)} cannot be rendered: the body is no JSON: {error}") from None
    except (RenderError, ValueError) as error:
        raise CannotStart(f"{_shown(template)} cannot be rendered: {error}") from None
    if trace:
        for step in rendered.steps:
            show.errors.print(_line(step), markup=False, soft_wrap=True)
        if rendered.overrides:
            show.errors.print_json(json.dumps(rendered.overrides))
    sys.stdout.write(rendered.output)


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name


def _template(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise BadOptions(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadOptions(f"{_shown(name)}: cannot be read: it is no UTF-8: {error}") from error


def _event(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        event = json.loads(path.read_text())
    except OSError as error:
        raise BadOptions(f"--event {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadOptions(f"--event {path} is no JSON: {error}") from error
    if not isinstance(event, dict):
        raise BadOptions(f"--event {path}: an event is a JSON object, with members such as body and headers")
    return event


_MISSING = {
    "variable": "is not set, so it is empty",
    "property": "found nothing, so it is empty",
    "method": "has no such method for these arguments, so it is empty",
    "value": "found nothing, so it is empty",
}


def _line(step: Step) -> str:
    where = f"line {step.line}, column {step.column}: {step.source.strip()}"
    if step.missing is not None:
        return f"{where} {_MISSING[step.missing]}"
    if step.kind == "foreach":
        return f"{where} went over {step.iterations} of {step.items} items"
    return f"{where} {_VERBS[step.kind]} {step.text}"


_VERBS = {"reference": "printed", "set": "stored", "if": "was"}
