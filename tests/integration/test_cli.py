"""The command as people run it: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE, Start
from tests.support.processes import BOUND, Gatewright

from gatewright.cli.main import run


def _get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=BOUND) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    """One node of `serve` for the tests that only look at it."""
    node = Gatewright("serve", tmp_path_factory.mktemp("data"), *BOTH_LOCAL, "--workers", "1", *SMALL_STATE)
    yield node.ready()
    node.close()


def test_serve_prints_where_everything_is(node: Gatewright) -> None:
    block = "\n".join(node.printed)
    assert node.url in block
    assert node.management_url in block
    assert f"Data directory   {node.data_dir}" in block
    assert f"Credentials      {node.data_dir}/credentials (AWS_SHARED_CREDENTIALS_FILE)" in block
    assert node.printed[-1].startswith("Ready.")


def test_health_answers_on_both_ports(node: Gatewright) -> None:
    status, worker = _get(f"{node.url}/_gatewright/health")
    assert (status, worker["status"], worker["role"]) == (200, "ok", "worker")
    assert worker["pid"] in node.children("worker")
    status, control = _get(f"{node.management_url}/_gatewright/health")
    assert (status, control["status"], control["role"]) == (200, "ok", "control")
    assert control["pid"] in node.children("control")


def test_the_health_command_tells_by_its_exit_code(
    start_serve: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    node = start_serve("--drain-delay", "30", workers=1)
    ask = ["health", "--listen", f"0.0.0.0:{node.port}"]
    assert run(ask) == 0
    assert capsys.readouterr() == ("", "")
    node.signal(signal.SIGTERM)
    node.log_line("stopping")
    until = time.monotonic() + BOUND
    while run(ask) == 0:
        assert time.monotonic() < until
    assert "answers 'HTTP/1.1 503 Service Unavailable'" in capsys.readouterr().err
    node.signal(signal.SIGTERM)
    node.exit_code()
    assert run(ask) == 1
    assert f"http://127.0.0.1:{node.port} does not answer" in capsys.readouterr().err


def test_ctrl_c_ends_it_with_0_and_its_access_key_stays(start_serve: Start) -> None:
    node = start_serve(workers=1)
    file = node.data_dir / "credentials"
    assert file.stat().st_mode & 0o777 == 0o600
    made = file.read_text()
    node.signal(signal.SIGINT)
    assert node.exit_code() == 0
    assert start_serve(workers=1).data_dir == node.data_dir
    assert file.read_text() == made


def test_management_is_for_the_access_key_only(node: Gatewright) -> None:
    assert node.client("apigateway").get_rest_apis()["items"] == []
    status, answer = _get(f"{node.management_url}/restapis")
    assert status == 403
    assert "message" in answer


def test_a_management_request_on_the_data_port_finds_no_api(node: Gatewright) -> None:
    assert _get(f"{node.url}/restapis") == (403, {"message": "Forbidden"})


def test_metrics_are_on_the_management_port_only(node: Gatewright) -> None:
    with urllib.request.urlopen(f"{node.management_url}/_gatewright/metrics", timeout=BOUND) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert _get(f"{node.url}/_gatewright/metrics")[0] == 404


def test_metrics_tell_how_full_the_shared_state_is(node: Gatewright) -> None:
    wanted = {  # SMALL_STATE, and that nothing was counted yet
        b'gatewright_state_total_bytes{store="counters"} 8.388608e+06',
        b'gatewright_state_total_bytes{store="policies"} 4.194304e+06',
        b'gatewright_state_entries{store="counters"} 0.0',
    }
    lines: set[bytes] = set()
    deadline = time.monotonic() + BOUND
    while not wanted <= lines and time.monotonic() < deadline:  # measured by a timer, first at the start
        with urllib.request.urlopen(f"{node.management_url}/_gatewright/metrics", timeout=BOUND) as answer:
            lines = set(answer.read().splitlines())
    assert wanted <= lines


def test_a_second_node_on_the_directory_is_refused(node: Gatewright) -> None:
    second = Gatewright("serve", node.data_dir, "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0")
    assert second.exit_code() == 1
    second.close()
    assert second.logged == [
        f"gatewright: --data-dir {node.data_dir}: already in use by the gatewright with pid "
        f"{node.process.pid}; stop it or give another directory"
    ]


def test_a_broken_credentials_file_is_refused_without_quoting_it(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("aws_secret_access_key = hunter2\n")
    node = Gatewright("serve", tmp_path, "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0")
    assert node.exit_code() == 1
    node.close()
    (line,) = node.logged  # once, and without a traceback
    assert "has no usable [default] profile" in line
    assert "hunter2" not in line


def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    pem = tmp_path / "not.pem"
    pem.write_text("nothing")
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    node = Gatewright("serve", tmp_path / "data", *flags, "--tls-cert", str(pem), "--tls-key", str(pem))
    assert node.exit_code() == 1
    node.close()
    (line,) = node.logged  # once, and without a traceback
    assert f"--tls-cert {pem} with --tls-key {pem}: cannot be used" in line


def test_variables_and_file_reach_the_processes(
    start_serve: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text("max_body_bytes = 1000\n")
    monkeypatch.setenv("GATEWRIGHT_CONFIG", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("GATEWRIGHT_REGION", "eu-central-1")
    node = start_serve(workers=1)
    assert any(line.endswith("000000000000, eu-central-1") for line in node.printed)
    with socket.create_connection(("127.0.0.1", node.port), BOUND) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: any\r\nContent-Length: 1001\r\n\r\n")
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 413 ")


def test_dev_serves_everything_on_one_port_for_any_credentials(dev: Gatewright) -> None:
    assert dev.url == dev.management_url
    assert "items" in dev.client("apigateway").get_rest_apis()
    assert _get(f"{dev.url}/_gatewright/health")[1]["role"] == "dev"
    assert _get(dev.stage_url("nosuchapi1", "prod"))[0] == 403


def test_dev_starts_clean_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "gatewright.cli", "dev", "--listen", "127.0.0.1:0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("Ready."):
            assert line, "ended before it was ready"
        assert any(tmp_path.iterdir())
        process.terminate()
        assert process.wait(BOUND) == 0
    assert list(tmp_path.iterdir()) == []


PROJECT = {
    "backend.py": """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

assert sys.argv[1] == "--port"
HTTPServer(("127.0.0.1", int(sys.argv[2])), BaseHTTPRequestHandler).serve_forever()
""",
    "deploy.py": """
import json, os, sys

wanted = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
print("deployed", json.dumps([sys.argv[1:], all(name in os.environ for name in wanted)]))
""",
}


def _project(directory: Path, **changed: str) -> str:
    directory.mkdir()
    for name, text in {**PROJECT, **{f"{key}.py": text for key, text in changed.items()}}.items():
        (directory / name).write_text(text)
    return str(directory)


def test_dev_starts_the_backend_and_deploys(start_dev: Start, tmp_path: Path) -> None:
    node = start_dev(_project(tmp_path / "project"))
    (line,) = [line for line in node.printed if line.startswith("deployed ")]
    arguments, has_credentials = json.loads(line.removeprefix("deployed "))
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert given.keys() == {"--endpoint", "--data", "--backend"}
    assert given["--endpoint"] == given["--data"] == node.url
    assert has_credentials
    with socket.create_connection(("127.0.0.1", int(given["--backend"].rsplit(":", 1)[1])), BOUND):
        pass
    node.signal(signal.SIGINT)
    assert node.exit_code() == 0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"deploy": "raise SystemExit(7)"}, "deploy.py: failed with exit code 7"),
        ({"backend": "raise SystemExit(8)"}, "backend.py: ended with exit code 8 instead of serving"),
    ],
)
def test_a_project_that_fails_ends_dev(changed: dict[str, str], reason: str, tmp_path: Path) -> None:
    project = _project(tmp_path / "project", **changed)
    node = Gatewright("dev", tmp_path / "data", "--listen", "127.0.0.1:0", project)
    assert node.exit_code() == 1
    node.close()
    assert reason in node.logged[-1]


def test_operations_are_listed_by_service() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "gatewright.cli", "operations"], capture_output=True, text=True, check=True
    ).stdout
    assert "apigateway: " in listed
    assert " of 124 operations are done" in listed
    assert "  done     PutIntegration" in listed
    assert "  not yet  CreateDomainName" in listed
