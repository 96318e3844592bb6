"""What nodes on one catalog have in common: whoever starts first gives it, the others take it."""

from __future__ import annotations

import errno
import logging
import stat
from pathlib import Path

import pytest
from tests.support.postgres import Postgres

from gatewright.aws import private_file
from gatewright.aws.credentials import create_credentials, new_secret, read_credentials
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings
from gatewright.server.shared import join
from gatewright.server.test_issuer import key_of


def test_nodes_take_the_first_ones_keys(
    server: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.forget_catalog()
    a, b, c = (
        Settings(tmp_path / name, catalog=server.url(), test_issuer="mapped") for name in ("a", "b", "c")
    )
    own = new_secret()
    create_credentials(a.credentials, own)
    create_credentials(b.credentials, new_secret())
    with caplog.at_level(logging.WARNING, "gatewright"):
        for settings in (a, b, c, a):
            join(settings)
    assert [read_credentials(settings.credentials) for settings in (a, b, c)] == [own] * 3
    assert key_of(a.data_dir).id == key_of(b.data_dir).id == key_of(c.data_dir).id
    assert stat.S_IMODE(b.credentials.stat().st_mode) == 0o600
    assert [record.getMessage() for record in caplog.records] == [
        f"{b.credentials} is replaced by the one that all nodes of the catalog share"
    ]


def test_a_file_that_is_mounted_goes_to_the_catalog(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.forget_catalog()
    a, b, c = (Settings(tmp_path / name, catalog=server.url()) for name in ("a", "b", "c"))
    join(a)
    renewed = new_secret()
    create_credentials(b.credentials, renewed)

    def busy(path: Path, text: str) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    with monkeypatch.context() as mounted:
        mounted.setattr(private_file, "replace", busy)
        join(b)
    join(c)
    assert read_credentials(b.credentials) == read_credentials(c.credentials) == renewed


def test_a_catalog_that_is_away_is_told_and_makes_no_key(server: Postgres, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "a", catalog=server.url(port=1))
    with pytest.raises(CannotStart, match="cannot be reached"):
        join(settings)
    assert not settings.credentials.exists()
