"""Pages that tell the node's owner more than AWS's APIs do; `serve` answers them to signed requests only.

GET /_gatewright/node                    whose the node is and where it serves
GET /_gatewright/configuration?api=ID    what `gatewright diff` and `gatewright doctor` look at
GET /_gatewright/verdicts?api=ID         what the judge found of an API's canaries; of one with &stage=NAME
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Catalog, CatalogUnavailable, Document
from gatewright.control.auth import Verifier
from gatewright.control.canaries.sentence import verdicts
from gatewright.control.configuration import configuration
from gatewright.server.front import JSON, Page, message
from gatewright.server.settings import Settings
from gatewright.telemetry.trace_log import read_traces
from gatewright.wire.types import Request, Response

SERVICE = "apigateway"  # that requests are signed for
MOST_ANSWERS = 100  # of authorizers, the newest


def owner_pages(catalog: Catalog, settings: Settings, verifier: Verifier | None) -> dict[str, Page]:
    """`verifier` None lets anybody in."""
    pages: dict[str, Page] = {
        "node": lambda _: _node(settings),
        "configuration": lambda request: _configuration(catalog, settings.data_dir, request),
        "verdicts": lambda request: _verdicts(catalog, request),
    }
    return pages if verifier is None else {name: _signed(page, verifier) for name, page in pages.items()}


def _signed(page: Page, verifier: Verifier) -> Page:
    def answer(request: Request) -> Response:
        try:
            verifier.verify(request, SERVICE)
        except AwsError as error:
            return message(error.status, error.message)
        return page(request)

    return answer


def _node(settings: Settings) -> Response:
    node = {
        "dataDir": str(settings.data_dir),
        "accountId": settings.account_id,
        "region": settings.region,
        "data": settings.listen.url(settings.scheme),
    }
    return Response(200, JSON, orjson.dumps(node))


def _configuration(catalog: Catalog, data_dir: Path, request: Request) -> Response:
    def found(asked: Mapping[str, str]) -> Document | None:
        api = asked["api"]
        document = configuration(catalog, api)
        return document and {**document, "answers": list(islice(_answers(data_dir, api), MOST_ANSWERS))}

    return _of_api(request, found)


def _verdicts(catalog: Catalog, request: Request) -> Response:
    def found(asked: Mapping[str, str]) -> Document | None:
        records = verdicts(catalog, asked["api"], asked.get("stage"))
        return None if records is None else {"verdicts": records}

    return _of_api(request, found)


def _of_api(request: Request, find: Callable[[Mapping[str, str]], Document | None]) -> Response:
    """What `find` makes of the query, which has an `api` and may have a `stage`."""
    asked = {"api": "", **dict(parse_qsl(request.query or ""))}
    try:
        found = find(asked)
    except CatalogUnavailable as error:
        return message(503, str(error))
    if found is None:
        stage = f" with a stage {asked['stage'][:128]!r}" if "stage" in asked else ""
        return message(404, f"There is no API {asked['api'][:64]!r}{stage}")
    return Response(200, JSON, orjson.dumps(found))


def _answers(data_dir: Path, api: str) -> Iterator[dict[str, Any]]:
    """What Lambda authorizers answered to traced requests, the newest first."""
    for trace in read_traces(data_dir, api):
        for step in trace["steps"]:
            if step["name"] == "authorizer" and "result" in step["facts"]:
                yield {"authorizer": step["facts"]["id"], "answer": step["facts"]["result"]}
