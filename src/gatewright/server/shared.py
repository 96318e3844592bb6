"""What nodes on one shared catalog have in common and keep in files: the access key of the management port,
and the test issuer's key. The catalog has the original; each node copies it when it starts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from gatewright.aws import private_file
from gatewright.aws.credentials import CredentialsUnusable, ensure_credentials
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Reader, Transaction
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings
from gatewright.server.test_issuer import KEY_FILE, key_of

CREDENTIALS = "credentials"

log = logging.getLogger("gatewright")


def join(settings: Settings) -> None:
    """Reach the shared catalog, bring its tables up to date, and have its files. Raises `CannotStart`."""
    from gatewright.catalog import postgres

    assert settings.catalog is not None, "one machine has nothing to join"
    make: dict[str, Callable[[], object]] = {
        CREDENTIALS: lambda: ensure_credentials(settings.credentials, settings.region)
    }
    if settings.test_issuer != "off":
        make[KEY_FILE] = lambda: key_of(settings.data_dir)
    try:
        catalog = postgres.open_catalog(settings.catalog)
        try:
            share(catalog, settings.data_dir, make)
        finally:
            catalog.close()
    except (CatalogUnavailable, CredentialsUnusable, OSError) as error:
        raise CannotStart(str(error)) from error


def share(catalog: Catalog, directory: Path, make: dict[str, Callable[[], object]]) -> None:
    """Copy the catalog's files to the directory; it takes over the directory's where it has none, which are
    made if need be, and those that the owner mounted there."""
    with catalog.read(keys.NODES) as reader:
        missing = _copied(reader, directory, make)
    if not missing:
        return
    with catalog.write(keys.NODES) as tx:
        for name in _copied(tx, directory, missing):  # another node may have been first
            make[name]()
            _put(tx, directory / name)


def give(catalog: Catalog, directory: Path) -> None:
    """The directory's files to a catalog that it was copied to."""
    with catalog.write(keys.NODES) as tx:
        for path in (directory / CREDENTIALS, directory / KEY_FILE):
            if path.exists():
                _put(tx, path)


def take(catalog: Catalog, directory: Path) -> None:
    """The catalog's files, those that it has, to a directory."""
    with catalog.read(keys.NODES) as reader:
        _copied(reader, directory, (CREDENTIALS, KEY_FILE))


def _put(tx: Transaction, path: Path) -> None:
    tx.put(keys.node_file(path.name), {"text": path.read_text()})


def _copied(reader: Reader, directory: Path, names: Iterable[str]) -> list[str]:
    """Copy what is there; the names of what is not, or is not to be used."""
    missing = []
    for name in names:
        document = reader.get(keys.node_file(name))
        if document is None or not _taken(directory / name, document["text"]):
            missing.append(name)
    return missing


def _taken(path: Path, text: str) -> bool:
    """False for another file that cannot be replaced, as one that is mounted cannot: the owner gave it."""
    there = path.exists()
    if there and path.read_text() == text:
        return True
    try:
        private_file.replace(path, text)
    except OSError:
        if not there:
            raise
        return False
    if there:
        log.warning("%s is replaced by the one that all nodes of the catalog share", path)
    return True
