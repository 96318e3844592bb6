"""The command line: help that teaches, failures in one line with an exit code."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from typer.main import get_command

from gatewright import __version__
from gatewright.cli.main import app, run


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def _failure(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """The single line that a command line fails with."""
    assert run(list(arguments)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("gatewright: ")
    return line.removeprefix("gatewright: ")


def test_help_shows_commands_that_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for example in (
        "$ gatewright dev examples/pets",
        "$ gatewright serve --data-dir /var/lib/gatewright",
        "$ GATEWRIGHT_WORKERS=4 gatewright serve",
        "$ aws --endpoint-url http://127.0.0.1:4566 apigateway get-rest-apis",
    ):
        assert example in text
    for command in ("serve", "dev", "operations", "version"):
        assert command in text


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_each_command_names_its_flags_and_defaults(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "--max-integration-timeout-ms" in text
    assert "[29000]" in text
    assert ("127.0.0.1:4566" in text) == (command == "dev")


def _options(command: Any) -> Iterator[Any]:
    yield from command.params
    for nested in getattr(command, "commands", {}).values():
        yield from _options(nested)


def test_help_shows_all_of_what_it_says() -> None:
    """A default in brackets that is not escaped is taken for a style, and vanishes."""
    texts = [option.help for option in _options(get_command(app)) if getattr(option, "help", None)]
    assert any("\\[files in the data directory]" in text for text in texts)
    for text in texts:
        assert Text.from_markup(text).plain == text.replace("\\[", "[")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == 0
    assert capsys.readouterr().out == f"gatewright {__version__}\n"


def test_an_unknown_flag_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--wrokers" in _failure(capsys, 2, "serve", "--wrokers", "3")


def test_an_unknown_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert "'sevre'" in _failure(capsys, 2, "sevre")


def test_a_bad_value_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert _failure(capsys, 2, "serve", "--workers", "0").startswith("--workers: ")


def test_dev_refuses_to_be_reached_from_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    line = _failure(capsys, 2, "dev", "--listen", "0.0.0.0:0")
    assert line.startswith("--listen: dev accepts any credentials, so it listens on loopback addresses only")


def test_dev_needs_a_project_where_one_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = _failure(capsys, 1, "dev", str(tmp_path))
    assert "no project there; it needs a gatewright.toml with a [project] table" in line
    line = _failure(capsys, 1, "dev", str(tmp_path / "opnapi.yaml"))
    assert line.endswith("opnapi.yaml: there is no such file or directory")


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        line = _failure(capsys, 1, "serve", "--data-dir", "data", "--listen", address)
    assert (
        line
        == f"--listen {address}: the port is in use; stop the process that holds it or choose another port"
    )


def test_a_directory_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    line = _failure(capsys, 1, "serve", "--data-dir", "file", "--listen", "127.0.0.1:0")
    assert "cannot be written" in line
    assert "give a directory that this user may write to" in line
