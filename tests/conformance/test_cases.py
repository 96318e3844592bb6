"""Runs every case file: request and configuration in, exact answer out. A file is one API with its cases.

Each case says where its truth comes from: `recorded` on the real service, `documented` by Amazon, or
`inferred`.
An expected string that begins with `~` is a regular expression for the whole value. `{token:name}` in a
request's header is one of the file's `tokens`.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conformance.api import STAGE, Builder, Described
from tests.conformance.tokens import Signer
from tests.conformance.wire import Answer, Backend, Fields, send
from tests.support.processes import Gatewright

FILES = {
    path.stem: yaml.safe_load(path.read_text())
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
}
CASES = [(name, case) for name, described in FILES.items() for case in described["cases"]]
TRUTHS = {"recorded", "documented", "inferred"}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    made = Backend()
    server = made.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def closed_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class World:
    """The running gateway and the APIs built in it, each on first use."""

    def __init__(self, dev: Gatewright, backend: Backend, closed_port: int) -> None:
        self.port: int = dev.port
        self.backend = backend
        self._dev = dev
        self._names = {"backend": str(backend.port), "closed": str(closed_port)}
        self._built: dict[str, str] = {}
        self._tokens: dict[str, dict[str, str]] = {}

    def api(self, name: str) -> str:
        if name not in self._built:
            self._built[name] = Builder(self._dev, FILES[name], self._names).build()
        return self._built[name]

    def tokens(self, name: str) -> dict[str, str]:
        """A file's tokens by what stands for them."""
        if name not in self._tokens:
            described = FILES[name].get("tokens", {})
            sign = Signer(self._dev.data_dir).token if described else None
            self._tokens[name] = {f"{{token:{one}}}": sign(described[one]) for one in described if sign}
        return self._tokens[name]

    def names(self, api_id: str) -> dict[str, str]:
        return {**self._names, "api": api_id}


@pytest.fixture(scope="module")
def world(dev: Gatewright, backend: Backend, closed_port: int) -> World:
    return World(dev, backend, closed_port)


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case['name']}" for file, case in CASES])
def test_case(world: World, file: str, case: Described) -> None:
    assert case["truth"] in TRUTHS
    api_id = world.api(file)
    world.backend.answers = FILES[file].get("backend", {})
    world.backend.seen.clear()
    answer = _asked(world.port, api_id, case["request"], world.tokens(file))
    expect = case["expect"]
    assert (answer.status, answer.body) == (expect["status"], answer.body)
    _check_headers(answer.fields, expect, world.names(api_id))
    if "body" in expect:
        _check(answer.body.decode(), expect["body"], "body")
    if "json" in expect:
        _check_json(json.loads(answer.body), expect)
    if "backend" in expect:
        _check_backend(world, expect["backend"], world.names(api_id))


def _asked(port: int, api_id: str, request: Described, tokens: dict[str, str]) -> Answer:
    verb, path = request["line"].split(" ", 1)
    fields: Fields = [("Host", f"{api_id}.execute-api.localhost:{port}")]
    fields += [(name, _filled(value, tokens)) for name, value in request.get("headers", {}).items()]
    fields += [(name, value) for name, value in request.get("fields", [])]
    stage = request.get("stage", STAGE)
    return send(port, f"{verb} /{stage}{path}", fields, request.get("body", "").encode())


def _filled(value: str, tokens: dict[str, str]) -> str:
    for name, token in tokens.items():
        value = value.replace(name, token)
    return value


def _check(found: str, expected: str, what: str) -> None:
    if expected.startswith("~"):
        assert re.fullmatch(expected[1:], found, re.DOTALL), (
            f"{what}: {found!r} does not match {expected[1:]!r}"
        )
    else:
        assert found == expected, what


def _check_headers(fields: Fields, expect: Described, names: dict[str, str]) -> None:
    """Names with their case; `absent` in any case; `all` for names that stand several times."""
    for name, value in expect.get("headers", {}).items():
        found = [given for key, given in fields if key == name]
        assert len(found) == 1, f"{name} stands {len(found)} times in {fields}"
        for placeholder, text in names.items():
            value = value.replace("{" + placeholder + "}", text)
        _check(found[0], value, name)
    for name in expect.get("absent", []):
        assert not [key for key, _ in fields if key.lower() == name.lower()], name
    for name, values in expect.get("all", {}).items():
        assert [given for key, given in fields if key.lower() == name.lower()] == values
        assert {key for key, _ in fields if key.lower() == name.lower()} == {name}


def _check_json(document: Any, expect: Described) -> None:
    for path, value in expect["json"].items():
        found = document
        for part in path.split("."):
            found = found[part]
        if isinstance(value, str):
            _check(str(found), value, path)
        else:
            assert found == value, path
    for path in expect.get("lacks", []):
        *parents, last = path.split(".")
        found = document
        for part in parents:
            found = found[part]
        assert last.lower() not in [key.lower() for key in found], path


def _check_backend(world: World, expect: Described, names: dict[str, str]) -> None:
    seen = world.backend.seen
    assert len(seen) == 1, f"the backend saw {len(seen)} requests"
    assert seen[0].line == expect["line"]
    _check_headers(seen[0].fields, expect, names)
    if "body" in expect:
        assert seen[0].body == expect["body"].encode()
