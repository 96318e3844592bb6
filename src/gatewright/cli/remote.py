"""Commands that work on a running node over its management endpoint: which one, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.option_sources import load
from gatewright.server.errors import CannotStart

if TYPE_CHECKING:
    from gatewright.projects.api import Node

Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="Of the management API, if not the running dev."),
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Of the AWS configuration files.")
]
Region = Annotated[str | None, typer.Option("--region", metavar="REGION", help="If not the node's own.")]


@contextmanager
def node(
    endpoint: str | None, profile: str | None, region: str | None, config: Path | None
) -> Iterator[Node]:
    """The node to work on. Raises CannotStart for what goes wrong with it, also later in the block."""
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

    from gatewright.projects.api import CannotDeploy
    from gatewright.projects.errors import said
    from gatewright.projects.owner_pages import Refused, node_at

    where = endpoint or load({}, config).dev_listen.url("http")
    try:
        found = node_at(where.rstrip("/"), profile, region)
        try:
            yield found
        finally:
            found.close()
    except EndpointConnectionError as error:
        raise CannotStart(f"{error}; say where the node is with --endpoint URL") from error
    except BotoCoreError as error:
        raise CannotStart(f"{where}: {error}") from error
    except ClientError as error:
        raise CannotStart(said(error)) from error
    except (Refused, CannotDeploy) as error:
        raise CannotStart(str(error)) from error
