"""What the command asks the running dev server."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from gatewright.cli.options import Options
from gatewright.server.errors import CannotStart

ANSWER_SECONDS = 10.0


def ask_dev(options: Options, page: str, query: dict[str, str], otherwise: str) -> dict[str, Any]:
    """The JSON of one of its own pages. Raises `CannotStart`, which says what to do `otherwise`."""
    url = f"{options.dev_listen.url('http')}/_gatewright/{page}"
    try:
        with build_opener(ProxyHandler({})).open(
            f"{url}?{urlencode(query)}", timeout=ANSWER_SECONDS
        ) as answer:
            document: dict[str, Any] = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        raise CannotStart(
            f"no `gatewright dev` answers at {url} ({getattr(error, 'reason', error)}); start it, say with "
            f"--listen where it is, or {otherwise}"
        ) from error
    return document
