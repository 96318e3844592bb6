"""`gatewright explain` and `gatewright token`: what the node that runs here is asked, or its directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gatewright.cli import flags
from gatewright.cli.option_sources import load


def explain(
    api: Annotated[str | None, typer.Argument(help="The API's id; none lists those with traces.")] = None,
    request: Annotated[
        str | None, typer.Argument(help="The request's id (x-amzn-RequestId), or how it begins.")
    ] = None,
    config: flags.Config = None,
    data_dir: flags.TracesDir = None,
    listen: flags.DevListen = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many requests to list.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole record, one JSON document each.")
    ] = False,
) -> None:
    """Tell why requests ended as they did: route, validation, templates, backend, response rule, answer.

    Asks the running `gatewright dev`, which traces every request. With --data-dir it reads what `serve`
    keeps: the requests of stages tagged gatewright:trace=on.

      $ gatewright explain a1b2c3d4e5                lists its last requests
      $ gatewright explain a1b2c3d4e5 7b0c3e0e       tells the story of one
    """
    from gatewright.cli.explain import explain as tell

    options = load({"dev_listen": listen}, config)
    tell(options, None if data_dir is None else Path(data_dir), api, request, last, as_json)


def token(
    sub: Annotated[str, typer.Option(help="Whom it is for.", show_default=False)],
    scope: Annotated[list[str] | None, typer.Option(help="A scope that it has; may be repeated.")] = None,
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="90s, 30m, 1h or 7d from now; -1h makes an expired one.")
    ] = "1h",
    aud: Annotated[
        list[str] | None, typer.Option(help="Its audience; may be repeated. [ID tokens: test-client]")
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A further claim, or another value; JSON or text."),
    ] = None,
    access: Annotated[
        bool | None,
        typer.Option(
            "--access/--id", help=escape("Its token_use. [access if it has scopes]"), show_default=False
        ),
    ] = None,
    pool: Annotated[
        str | None, typer.Option(metavar="ARN", help="The user pool whose token it is.", show_default=False)
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help=escape("Its issuer. [the test issuer's own name]"), show_default=False
        ),
    ] = None,
    config: flags.Config = None,
    data_dir: flags.TestIssuerDir = None,
    listen: flags.DevListen = None,
) -> None:
    """Print a token of the built-in test issuer, which Cognito and JWT authorizers take here.

    Asks the running `gatewright dev`. With --data-dir it signs with the key of a `serve` whose settings say
    test_issuer = true.

      $ curl -H "Authorization: $(gatewright token --sub alice --scope orders/read)" …
    """
    from gatewright.cli.token import Wanted, claims_of, signed

    wanted = Wanted(sub, scope or [], expires, aud or [], claim or [], access, pool, issuer)
    options = load({"dev_listen": listen}, config)
    typer.echo(signed(claims_of(wanted), options, None if data_dir is None else Path(data_dir)))
