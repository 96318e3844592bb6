"""`gatewright principals`: who may sign requests to APIs, and what their policies let them do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gatewright.aws.sigv4 import Secret
from gatewright.catalog import keys
from gatewright.catalog.api import CatalogUnavailable, Document, InvalidDocument, Transaction
from gatewright.cli import flags, show
from gatewright.cli.node import node_catalog, node_settings
from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.cli.principal_option import read_policy
from gatewright.server.errors import CannotStart

HELP = """Who may call methods with authorizationType AWS_IAM: users and roles, their keys and policies.

  $ gatewright principals create-user ann --policy '{"Version": "2012-10-17", "Statement": {
      "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/GET/*"}}'
  $ eval "$(gatewright principals create-key ann)"       sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
  $ gatewright principals list

A running gateway knows of a change at once. Without --data-dir they work on the running `gatewright dev`.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich", add_completion=False)

WHO = "An ARN, or a name that only one has: ann, user/ann, role/App."
POLICY = "JSON, or the name of its file."

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Of a node of `serve`. [the running dev's]")
]
Who = Annotated[str, typer.Argument(help=WHO)]
Name = Annotated[str, typer.Argument(help="Its name, 1 to 64 letters, digits and _+=,.@-")]
ItsPath = Annotated[str, typer.Option("--path", help="Stands before the name in the ARN: /team/.")]
Account = Annotated[str | None, typer.Option("--account", help="Twelve digits. [the node's own]")]
Policies = Annotated[list[str], typer.Option("--policy", help=f"{POLICY} May be given several times.")]
Boundary = Annotated[str | None, typer.Option("--boundary", help=f"A permissions boundary: {POLICY}")]
Tags = Annotated[list[str], typer.Option("--tag", metavar="KEY=VALUE", help="aws:PrincipalTag/KEY.")]
Organization = Annotated[str | None, typer.Option("--organization", help="aws:PrincipalOrgID: o-….")]


@app.command("create-user")
def create_user(
    name: Name,
    path: ItsPath = "/",
    account: Account = None,
    policy: Policies = [],  # noqa: B006 (typer reads it, nobody changes it)
    boundary: Boundary = None,
    tag: Tags = [],  # noqa: B006
    organization: Organization = None,
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make a user; prints its ARN. Keys come with create-key.

    $ gatewright principals create-user ann --path /team/ --policy read.json --tag team=blue
    """
    _create("user", name, path, account, policy, boundary, tag, organization, config, data_dir)


@app.command("create-role")
def create_role(
    name: Name,
    path: ItsPath = "/",
    account: Account = None,
    policy: Policies = [],  # noqa: B006
    boundary: Boundary = None,
    tag: Tags = [],  # noqa: B006
    organization: Organization = None,
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make a role; prints its ARN. Temporary keys come with assume-role.

    $ gatewright principals create-role App --policy app.json
    """
    _create("role", name, path, account, policy, boundary, tag, organization, config, data_dir)


@app.command("create-key")
def create_key(who: Who, config: flags.Config = None, data_dir: DataDir = None) -> None:
    """Make an access key of a user and print it, for the shell; the secret is never shown again.

    $ eval "$(gatewright principals create-key ann)"
    """
    from gatewright.control import principals

    with _writing(config, data_dir) as (tx, _):
        secret = principals.create_key(tx, who, time.time())
    _print_secret(secret)


@app.command("assume-role")
def assume_role(
    role: Who,
    session: Annotated[str, typer.Argument(help="The session's name, which its ARN ends in.")] = "session",
    duration: Annotated[int, typer.Option(help="Seconds until the keys expire: 900 to 43200.")] = 3600,
    policy: Annotated[str | None, typer.Option(help=f"A session policy: {POLICY}")] = None,
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make temporary keys of a role's session and print them, for the shell.

    $ eval "$(gatewright principals assume-role App ci --duration 900)"
    """
    from gatewright.control import principals

    document = None if policy is None else _policy("--policy", policy)
    with _writing(config, data_dir) as (tx, _):
        secret = principals.assume_role(tx, role, session, duration, document, time.time())
    _print_secret(secret)


@app.command("put-policy")
def put_policy(
    who: Who,
    name: Annotated[str, typer.Argument(help="The policy's name; one of this name is replaced.")],
    policy: Annotated[str, typer.Argument(help=POLICY)],
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Add a policy to a user or a role, or replace it.

    $ gatewright principals put-policy ann read read.json
    """
    from gatewright.control import principals

    document = _policy("POLICY", policy)
    with _writing(config, data_dir) as (tx, _):
        _print_principal(tx, principals.put_policy(tx, who, name, document))


@app.command("delete-policy")
def delete_policy(
    who: Who,
    name: Annotated[str, typer.Argument(help="The policy's name.")],
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Take a policy from a user or a role."""
    from gatewright.control import principals

    with _writing(config, data_dir) as (tx, _):
        _print_principal(tx, principals.delete_policy(tx, who, name))


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="With the policies, one document each.")] = False,
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Show the users and roles with their policies and keys; secrets are never shown."""
    from gatewright.control import principals

    options = load({}, config)
    with node_catalog(node_settings(options, data_dir)) as catalog, catalog.read(keys.CALLERS) as reader:
        for document in principals.listed(reader):
            if as_json:
                known = principals.access_keys(reader, document["arn"])
                show.out.print_json(json.dumps(document | {"accessKeys": known}))
            else:
                _print_principal(reader, document)


@app.command("delete")
def delete(who: Who, config: flags.Config = None, data_dir: DataDir = None) -> None:
    """Remove a user or a role with its keys and sessions, which count no more at once."""
    from gatewright.control import principals

    with _writing(config, data_dir) as (tx, _):
        show.lines([f"deleted {principals.delete(tx, who)['arn']}"])


@app.command("delete-key")
def delete_key(
    access_key: Annotated[str, typer.Argument(help="AKIA… or ASIA….")],
    config: flags.Config = None,
    data_dir: DataDir = None,
) -> None:
    """Remove one access key or session, which counts no more at once."""
    from gatewright.control import principals

    with _writing(config, data_dir) as (tx, _):
        principals.delete_key(tx, access_key)
    show.lines([f"deleted {access_key}"])


def _create(
    kind: Any,
    name: str,
    path: str,
    account: str | None,
    policies: list[str],
    boundary: str | None,
    tags: list[str],
    organization: str | None,
    config: Path | None,
    data_dir: Path | None,
) -> None:
    from gatewright.control import principals

    given = {f"policy{n}": _policy("--policy", text) for n, text in enumerate(policies, 1)}
    limit = None if boundary is None else _policy("--boundary", boundary)
    with _writing(config, data_dir) as (tx, own_account):
        described = principals.Described(
            name, account or own_account, path, given, limit, _tags(tags), organization
        )
        made = principals.create(tx, kind, described, time.time())
    show.lines([made["arn"]])


@contextmanager
def _writing(config: Path | None, data_dir: Path | None) -> Iterator[tuple[Transaction, str]]:
    """A transaction on the callers' documents, and the node's account."""
    from gatewright.control.principals import Refused

    settings = node_settings(load({}, config), data_dir)
    try:
        with node_catalog(settings) as catalog, catalog.write(keys.CALLERS) as tx:
            yield tx, settings.account_id
    except (Refused, CatalogUnavailable, InvalidDocument) as error:
        raise CannotStart(str(error)) from error


def _policy(option: str, text: str) -> Document:
    try:
        return read_policy(text)
    except ValueError as error:
        raise BadOptions(f"{option}: {error}") from None


def _tags(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise BadOptions(f"--tag {name}: write KEY=VALUE")
    return {name: value for name, _, value in pairs}


def _print_secret(secret: Secret) -> None:
    show.lines(
        [
            f"export AWS_ACCESS_KEY_ID={secret.access_key}",
            f"export AWS_SECRET_ACCESS_KEY={secret.secret_key}",
            f"export AWS_SESSION_TOKEN={secret.session_token}"
            if secret.session_token
            else "unset AWS_SESSION_TOKEN",
        ]
    )


def _print_principal(reader: Any, document: Document) -> None:
    from gatewright.control.principals import access_keys

    show.lines([document["arn"], f"  policies  {', '.join(document['policies']) or 'none'}"])
    for key in access_keys(reader, document["arn"]):
        until = (
            f" session {key['sessionName']}, until {_moment(key['expiration'])}"
            if "expiration" in key
            else ""
        )
        show.lines([f"  key       {key['id']}{until}"])


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
