"""Mapping templates rendered in this process: the gateway's layer against airspeed, and velocityjs in Node.

A render reads the payload's JSON too, but for "its engine alone". Rates are renders a second of CPU time, so
that other work on the machine counts less.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import airspeed

from gatewright.gateway.mapping_template.template import compile_templates, variables_of
from gatewright.gateway.render import exchange_of
from gatewright.vtl import compile_template

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
NAMES = ("rename", "loop", "soap", "conditions", "passthrough")
CHUNK = 10  # renders between two looks at the clock
AIRSPEED, VELOCITYJS = "airspeed", "velocityjs"
PARSED = "parsed once"  # the emulators built on the two parse their templates for each request
# What the templates read beside the payload.
EVENT = {
    "path": "/orders/7",
    "pathParameters": {"id": "7"},
    "queryStringParameters": {"page": "2", "sort": "name"},
    "headers": {"Accept": "application/json", "User-Agent": "bench", "X-Trace": "abc"},
    "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}},
}
PARAMS = {
    "path": EVENT["pathParameters"],
    "querystring": EVENT["queryStringParameters"],
    "header": EVENT["headers"],
}

Render = Callable[[], str]


def text_of(name: str) -> str:
    return (TEMPLATES / f"{name}.vtl").read_text()


def payload_of(name: str) -> str:
    return (TEMPLATES / f"{name}.json").read_text()


def gateway_layer(name: str) -> Render:
    """As the pipeline renders: new variables for each request, the payload parsed from its text."""
    template = compile_templates({"application/json": text_of(name)}, "request", 300 * 1024)[
        "application/json"
    ]
    exchange, payload = exchange_of(EVENT), payload_of(name)
    return lambda: template.render(exchange, payload)


def bare_engine(name: str) -> Render:
    """The compiled template alone, on variables that are there already."""
    template = compile_template(text_of(name))
    variables = variables_of(exchange_of(EVENT), payload_of(name), changed=False)
    return lambda: template.render(variables)


class AirspeedInput:
    """The least `$input` for airspeed: paths of names only, which is all that these templates ask."""

    def __init__(self, payload: str) -> None:
        self._document = json.loads(payload)

    def path(self, path: str) -> Any:
        found = self._document
        for part in path.split(".")[1:]:
            found = found[part]
        return found

    def json(self, path: str) -> str:
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))

    def params(self) -> Mapping[str, Any]:
        return PARAMS


def with_airspeed(name: str) -> Render:
    text, payload = text_of(name), payload_of(name)
    return lambda: _merged(airspeed.Template(text), payload)


def with_airspeed_parsed(name: str) -> Render:
    template, payload = airspeed.Template(text_of(name)), payload_of(name)
    return lambda: _merged(template, payload)


def _merged(template: airspeed.Template, payload: str) -> str:
    return str(template.merge({"input": AirspeedInput(payload), "context": EVENT["requestContext"]}))


IN_PROCESS: dict[str, Callable[[str], Render]] = {
    "gatewright": gateway_layer,
    "its engine alone": bare_engine,
    AIRSPEED: with_airspeed,
    f"{AIRSPEED}, {PARSED}": with_airspeed_parsed,
}


@cache
def node() -> str | None:
    """Node's path, when `npm install` was run here."""
    return shutil.which("node") if (HERE / "node_modules" / "velocityjs").exists() else None


def in_node(name: str, seconds: float) -> tuple[dict[str, float], str]:
    """(renders a CPU second by contestant, output) of velocityjs."""
    assert node() is not None
    files = [str(TEMPLATES / f"{name}.{kind}") for kind in ("vtl", "json")]
    command = [str(node()), str(HERE / "velocity.js"), *files, str(seconds), json.dumps(PARAMS)]
    ran = subprocess.run(
        [*command, json.dumps(EVENT["requestContext"])], capture_output=True, text=True, check=True
    )
    result = json.loads(ran.stdout)
    rates = {VELOCITYJS: result["parsing"], f"{VELOCITYJS}, {PARSED}": result["parsed"]}
    return rates, result["output"]


def rate(render: Render, seconds: float) -> float:
    """Renders a second of CPU time."""
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for _ in range(CHUNK):
            render()
        count += CHUNK
    return count / spent


def disagreement(name: str) -> str | None:
    """What the engines do not render alike, white space aside; None when all is the same."""
    outputs = {engine: make(name)() for engine, make in IN_PROCESS.items()}
    if node() is not None:
        outputs[VELOCITYJS] = in_node(name, 0)[1]
    wanted = _bare(outputs["gatewright"])
    others = [engine for engine, output in outputs.items() if _bare(output) != wanted]
    return f"{name}: {', '.join(others)} rendered something else than ours" if others else None


def _bare(output: str) -> str:
    return "".join(output.split())
