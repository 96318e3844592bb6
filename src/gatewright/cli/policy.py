"""`gatewright policy simulate`: which routes of a stage a caller may use, and by what."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gatewright.cli import flags, show
from gatewright.cli.node import node_catalog, node_settings
from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions

if TYPE_CHECKING:
    from gatewright.gateway.simulate import Answer

_PATH = re.compile(r"/[\x21\x22\x24-\x3e\x40-\x7e]*")
_QUERY = re.compile(r"[\x21\x22\x24-\x7e]*")

app = typer.Typer(
    help="Ask policies what they decide.", no_args_is_help=True, rich_markup_mode="rich", add_completion=False
)


@app.callback()
def _family() -> None:
    """Keeps `simulate` a command of its own name while it is the only one."""


@app.command("simulate")
def simulate_(
    api: Annotated[str, typer.Argument(help="The API's id.")],
    stage: Annotated[str, typer.Argument(help="The stage's name.")],
    path: Annotated[
        str | None, typer.Option("--path", help=escape("One path, as it would be sent. [all]"))
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help=escape("One verb. [all; of --path: GET]"))
    ] = None,
    access_key: Annotated[
        str | None, typer.Option("--access-key", help="Whose requests: `gatewright principals list`.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Sent in the header that a method's authorizer reads.")
    ] = None,
    header: Annotated[
        list[str], typer.Option("--header", metavar="NAME:VALUE", help="May be given several times.")
    ] = [],  # noqa: B006 (typer reads it, nobody changes it)
    query: Annotated[str | None, typer.Option("--query", help="The query string, as sent.")] = None,
    source_ip: Annotated[str, typer.Option("--source-ip", help="The caller's address.")] = "127.0.0.1",
    canary: Annotated[
        bool, typer.Option("--canary", help="Ask the stage's canary, not its own deployment.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a route.")] = False,
    config: flags.Config = None,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", metavar="DIR", help=escape("Of a `serve` node. [the running dev's]")),
    ] = None,
) -> None:
    """Tell which routes of a stage a caller may use, and which statement, token or key decides.

    Decided by the gateway's own code on what is deployed. Nothing is called, counted or changed: functions of
    Lambda authorizers are named, not asked, and throttles are left out.

      $ gatewright policy simulate a1b2c3d4e5 prod --source-ip 203.0.113.7
      $ gatewright policy simulate a1b2c3d4e5 prod --access-key AKIAANNANNANNANNANNA --path /pets/7
    """
    from gatewright.gateway.simulate import Caller
    from gatewright.server.simulation import Question, simulate

    _check_address(source_ip)
    _check_target(path, query)
    fields = [_field(text) for text in header]
    caller = Caller(source_ip, time.time(), fields, query, token)
    question = Question(api, stage, canary, path, method and method.upper(), access_key, caller)
    settings = node_settings(load({}, config), data_dir)
    with node_catalog(settings) as catalog:
        served, answers = asyncio.run(simulate(catalog, settings, question, dev=data_dir is None))
    if as_json:
        for answer in answers:
            show.out.print_json(json.dumps(asdict(answer)))
    else:
        _print(answers)
    if served.canary_percent and not canary:
        share = f"{served.canary_percent:.12g} % of the requests"
        show.errors.print(f"The stage's canary gets {share}: see its answers with --canary.", soft_wrap=True)


def _check_target(path: str | None, query: str | None) -> None:
    if path is not None and not _PATH.fullmatch(path):
        raise BadOptions(
            f"--path {path}: write it as it is sent, such as /pets/a%20b; a query goes to --query"
        )
    if query is not None and not _QUERY.fullmatch(query):
        raise BadOptions(f"--query {query}: write it as it is sent, such as name=a%20b")


def _check_address(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise BadOptions(f"--source-ip {text}: is no IP address, such as 203.0.113.7") from None


def _field(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not name.strip() or not colon or not text.isprintable():
        raise BadOptions(f"--header {text!r}: write NAME:VALUE")
    return name.strip().encode(), value.strip().encode()


def _print(answers: list[Answer]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("route", "verdict", "because"):
        table.add_column(title, overflow="fold")
    verdicts = {True: "[green]allowed[/]", None: "[yellow]depends[/]"}
    for one in answers:
        verdict = verdicts.get(one.allowed, f"[red]denied[/] {one.status}")
        table.add_row(escape(f"{one.route.verb} {one.route.path}"), verdict, escape(one.reason))
    show.out.print(table)
