"""`gatewright migrate`: the catalog from SQLite to PostgreSQL, and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gatewright.catalog import sqlite
from gatewright.catalog.api import Catalog, CatalogUnavailable
from gatewright.catalog.copying import NotEmpty, copy
from gatewright.catalog.sql import SqlCatalog
from gatewright.cli import show
from gatewright.cli.option_sources import refuse_postgres_password
from gatewright.cli.options import BadOptions
from gatewright.server.directory import at_rest
from gatewright.server.errors import CannotStart
from gatewright.server.shared import give, take

TELL_SECONDS = 2.0  # between two lines about how far it is


def migrate(source: str, target: str, replace: bool) -> None:
    """Raises `CannotStart` and `BadOptions`."""
    if source == target:
        raise BadOptions("--to: is what --from names: give another catalog")
    with ExitStack() as stack:
        old = stack.enter_context(_opened("--from", source, must_exist=True))
        new = stack.enter_context(_opened("--to", target, must_exist=False))
        try:
            copied = copy(old, new, replace=replace, tell=_Progress())
            # A node's keys go with its catalog.
            if not _is_url(source):
                give(new, Path(source))
            if not _is_url(target):
                take(new, Path(target))
        except NotEmpty as error:
            raise CannotStart(
                f"--to {_shown(target)}: {error}; name an empty catalog, or let --replace remove them"
            ) from None
        except (CatalogUnavailable, OSError) as error:
            raise CannotStart(f"nothing was migrated: {error}") from error
    show.lines(
        [
            f"Copied {copied.documents} documents and {copied.blobs} blobs, and compared them.",
            f"{_shown(target)} is at revision {copied.revision}; {_shown(source)} is as it was.",
        ]
    )


def _is_url(place: str) -> bool:
    return "://" in place


def _shown(place: str) -> str:
    if not _is_url(place):
        return place
    from gatewright.catalog.postgres_server import shown

    return shown(place)


@contextmanager
def _opened(flag: str, place: str, *, must_exist: bool) -> Iterator[SqlCatalog]:
    with ExitStack() as stack:
        try:
            if _is_url(place):
                catalog = _shared(flag, place, must_exist=must_exist)
            else:
                if must_exist and not (Path(place) / sqlite.FILE_NAME).is_file():
                    raise CannotStart(f"{flag} {place}: there is no catalog ({sqlite.FILE_NAME}) there")
                stack.enter_context(at_rest(flag, Path(place)))
                catalog = _sql(sqlite.open_catalog(Path(place)))
        except CatalogUnavailable as error:
            raise CannotStart(f"{flag}: {error}") from error
        stack.callback(catalog.close)
        yield catalog


def _shared(flag: str, url: str, *, must_exist: bool) -> SqlCatalog:
    from gatewright.catalog import postgres
    from gatewright.catalog.postgres_server import BadUrl

    try:
        refuse_postgres_password(flag, url, "it in PGPASSWORD or ~/.pgpass")
    except BadUrl as error:
        raise BadOptions(f"{flag}: {error}") from None
    return _sql(postgres.open_catalog(url, must_exist=must_exist))


def _sql(catalog: Catalog) -> SqlCatalog:
    assert isinstance(catalog, SqlCatalog), "every engine is one"
    return catalog


class _Progress:
    """Tells how far it is, on long work."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            show.lines([f"{done} of {total} {what}"])
