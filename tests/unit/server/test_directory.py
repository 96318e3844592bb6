"""The data directory is private, writable, and one node's at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatewright.server.directory import held
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings


def test_the_directory_is_made_private_and_names_its_holder(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "deep" / "data")
    with held(settings):
        assert settings.data_dir.stat().st_mode & 0o777 == 0o700
        assert (settings.run_dir / "pid").read_text() == f"{os.getpid()}\n"


def test_a_directory_in_use_is_refused_until_it_is_let_go(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with (
        held(settings),
        pytest.raises(CannotStart, match=f"already in use .* pid {os.getpid()}"),
        held(settings),
    ):
        pass
    with held(settings):
        pass


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with (
        pytest.raises(CannotStart, match=r"--data-dir .*/data: cannot be written"),
        held(Settings(tmp_path / "data")),
    ):
        pass
