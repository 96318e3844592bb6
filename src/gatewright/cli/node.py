"""Which node a command works on: a data directory, or that of the running `gatewright dev`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from gatewright.catalog.api import Catalog, CatalogUnavailable
from gatewright.catalog.sqlite import FILE_NAME
from gatewright.cli.options import Options
from gatewright.server.errors import CannotStart
from gatewright.server.rooms import catalog_room
from gatewright.server.settings import Settings

ANSWER_SECONDS = 10.0


OR_NAME_IT = "name the directory of a `serve` with --data-dir DIR"


def ask_dev(
    options: Options, page: str, query: dict[str, str], otherwise: str = OR_NAME_IT
) -> dict[str, Any]:
    """What one of dev's own pages says. Raises `CannotStart` when none runs, with what to do `otherwise`."""
    url = f"{options.dev_listen.url('http')}/_gatewright/{page}"
    asked = f"{url}?{urlencode(query)}" if query else url
    try:
        with build_opener(ProxyHandler({})).open(asked, timeout=ANSWER_SECONDS) as answer:
            document: dict[str, Any] = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        raise CannotStart(
            f"no `gatewright dev` answers at {url} ({getattr(error, 'reason', error)}); start it, say where "
            f"it is with --listen or GATEWRIGHT_DEV_LISTEN, or {otherwise}"
        ) from error
    return document


def node_settings(options: Options, data_dir: Path | None) -> Settings:
    """The settings of the node that keeps things in `data_dir`; for None those of the nodes that share the
    catalog in the settings, else of the running dev."""
    if data_dir is not None:
        return replace(options.for_serve(), data_dir=data_dir.absolute())
    if options.catalog is not None:
        return options.for_serve()
    node = ask_dev(options, "node", {})
    settings = options.for_dev(Path(node["dataDir"]))
    return replace(settings, account_id=node["accountId"], region=node["region"])


@contextmanager
def node_catalog(settings: Settings) -> Iterator[Catalog]:
    """The node's catalog, which must be there. Raises `CannotStart`."""
    if settings.catalog is None and not (settings.data_dir / FILE_NAME).exists():
        raise CannotStart(
            f"--data-dir {settings.data_dir}: there is no catalog; start `gatewright serve` on it first"
        )
    try:
        with catalog_room(settings) as catalog:
            yield catalog
    except CatalogUnavailable as error:
        raise CannotStart(str(error)) from error
