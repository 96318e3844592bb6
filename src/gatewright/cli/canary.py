"""`gatewright canary`: what the judge found of canaries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gatewright.cli import flags, remote, show

HELP = """What the canary judge found, and why.

A stage asks for the judge with a tag: `act` lets it promote canaries or roll them back, `advise` only tell.

  $ aws apigateway tag-resource --resource-arn arn:aws:apigateway:us-east-1::/restapis/API/stages/prod \\
        --tags '{"gatewright:canary-judge": "act window=600 errors=1 latency=1.25"}'

  $ gatewright canary verdicts API prod
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich", add_completion=False)


@app.callback()
def _family() -> None:
    """Keeps `verdicts` a command of its own name while it is the only one."""


@app.command()
def verdicts(
    api: Annotated[str, typer.Argument(help="The API's id.")],
    stage: Annotated[str | None, typer.Argument(help="The stage's name; without it, all stages.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The records with all counts, one a line.")] = False,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> None:
    """Tell each verdict on a stage's canaries with its numbers, the newest first; the last 50 are kept.

    $ gatewright canary verdicts a1b2c3d4e5 prod
    """
    from gatewright.projects.owner_pages import owner_page

    asked = {"api": api} | ({} if stage is None else {"stage": stage})
    with remote.node(endpoint, profile, region, config) as node:
        found = owner_page(node.endpoint, profile, "verdicts", asked)["verdicts"]
    if as_json:
        show.lines(map(json.dumps, found))
        return
    where = f"API {api}" if stage is None else f"stage {stage} of API {api}"
    nothing = f"No canary of {where} was judged yet: its tag gatewright:canary-judge asks for that."
    show.lines([line for record in found for line in _told(record)] or [nothing])


def _told(record: dict[str, Any]) -> list[str]:
    when = datetime.fromtimestamp(record["at"], UTC).isoformat(sep=" ", timespec="seconds")
    canary, stage = record["canary"], record["stage"]
    done = {True: "done", False: "not done"}[record["acted"]]
    outcome = record["outcome"] if record["outcome"] == "undecided" else f"{record['outcome']}, {done}"
    heading = (
        f"{when}  {record['stageName']}: {outcome}, after {record['seconds']:g} s of deployment "
        f"{canary['deploymentId']} beside {stage['deploymentId']}"
    )
    return [heading, *(f"  {finding}" for finding in record["why"].split("; "))]
