"""`gatewright diff` and `gatewright doctor`: what is not deployed, what is wrong though not refused."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gatewright.cli import flags, remote, show
from gatewright.server.errors import CannotStart


def diff(
    api: Annotated[str, typer.Argument(help="The API's id.")],
    stage: Annotated[str, typer.Argument(help="The stage's name.")],
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> None:
    """Tell what a deployment would change on a stage: the draft against what is served.

    $ gatewright diff a1b2c3d4e5 prod
    /pets GET integration.uri: http://old.example/pets -> http://new.example/pets
    """
    from gatewright.projects.diff import differences
    from gatewright.projects.owner_pages import owner_page

    with remote.node(endpoint, profile, region, config) as node:
        found = owner_page(node.endpoint, profile, "configuration", {"api": api})
    stages = {one["stage"]["stageName"]: one["live"] for one in found["stages"]}
    if stage not in stages:
        raise CannotStart(f"API {api} has no stage {stage}; it has {', '.join(stages) or 'none'}")
    changes = differences(stages[stage], found["draft"])
    show.lines(changes or [f"Stage {stage} of API {api} serves the API as it is."])


def doctor(
    api: Annotated[str | None, typer.Argument(help="The API's id; without it, all APIs.")] = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> int:
    """Look for what nothing refuses and somebody will regret; exit code 1 if there is anything.

    Changes that are not deployed, methods without integration, CORS that browsers refuse, authorizers and
    models without use, cached policies that allow one route of many.

      $ gatewright doctor a1b2c3d4e5
    """
    from gatewright.projects.doctor import examine
    from gatewright.projects.owner_pages import owner_page

    found = 0
    with remote.node(endpoint, profile, region, config) as node:
        for one in [api] if api else _apis(node.client("apigateway")):
            findings = examine(owner_page(node.endpoint, profile, "configuration", {"api": one}))
            show.findings(one, findings)
            found += len(findings)
    return 1 if found else 0


def _apis(client: Any) -> list[str]:
    pages = client.get_paginator("get_rest_apis").paginate()
    return [api["id"] for page in pages for api in page["items"]]
