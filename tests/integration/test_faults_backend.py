"""Backends that die, lie, stall or overflow: what the client hears, what the owner reads, who else sees."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

import pytest
from tests.support.apis import Api
from tests.support.processes import BOUND, Gatewright
from tests.support.scripted_backends import repeats, resets, says, scripted, silent, unused_port
from tests.unit.wire.conftest import Authority

OK = b"HTTP/1.1 200 OK\r\n"
OVER = 11 * 1024 * 1024
LOGGED_SECONDS = 10.0  # the owner's log is written in batches

NETWORK = (504, {"message": "Network error communicating with endpoint"})
TIMEOUT = (504, {"message": "Endpoint request timed out"})
CONFIGURATION = (500, {"message": "Internal server error"})
NETWORK_LOG = "Execution failed due to a network error communicating with endpoint"
TIMEOUT_LOG = "Execution failed due to a timeout error"
CONFIGURATION_LOG = "Execution failed due to configuration error"

SCRIPTS = {
    "/healthy": says(OK + b"Content-Length: 4\r\n\r\n", b'"ok"'),
    "/closes": says(),
    "/resets": resets(b""),
    "/dies-in-head": says(OK + b"Content-Le"),
    "/dies-in-body": says(OK + b"Content-Length: 100\r\n\r\n", b"only this"),
    "/resets-in-body": resets(OK + b"Content-Length: 100\r\n\r\nonly this"),
    "/dies-in-chunk": says(OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nonly"),
    "/garbage": says(bytes(range(256)) * 8),
    "/not-http": says(b"220 mail.example.com ESMTP ready\r\n"),
    "/bad-chunks": says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
    "/two-lengths": says(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "/silent": silent,
    "/only-continues": repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/endless-head": repeats(OK, b"X-More: " + b"a" * 1_000 + b"\r\n"),
    "/too-long": says(OK + b"Content-Length: %d\r\n\r\n" % OVER, bytes(OVER)),
    "/endless-body": repeats(OK + b"\r\n", bytes(65_536)),
    "/endless-chunks": repeats(
        OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(65_536) + b"\r\n"
    ),
}
EXPECTED = {
    "/closes": (NETWORK, NETWORK_LOG),
    "/resets": (NETWORK, NETWORK_LOG),
    "/dies-in-head": (NETWORK, NETWORK_LOG),
    "/dies-in-body": (NETWORK, NETWORK_LOG),
    "/resets-in-body": (NETWORK, NETWORK_LOG),
    "/dies-in-chunk": (NETWORK, NETWORK_LOG),
    "/garbage": (NETWORK, NETWORK_LOG),
    "/not-http": (NETWORK, NETWORK_LOG),
    "/bad-chunks": (NETWORK, NETWORK_LOG),
    "/two-lengths": (NETWORK, NETWORK_LOG),
    "/nobody": (NETWORK, NETWORK_LOG),
    "/silent": (TIMEOUT, TIMEOUT_LOG),
    "/only-continues": (CONFIGURATION, CONFIGURATION_LOG),
    "/endless-head": (CONFIGURATION, CONFIGURATION_LOG),
    "/too-long": (CONFIGURATION, CONFIGURATION_LOG),
    "/endless-body": (CONFIGURATION, CONFIGURATION_LOG),
    "/endless-chunks": (CONFIGURATION, CONFIGURATION_LOG),
}
IMPATIENT = {"/silent": 50}  # timeoutInMillis
TYPES = ["HTTP", "HTTP_PROXY"]


@dataclass(frozen=True)
class Refusal:
    heard: tuple[int, object]  # status and document
    request_id: str


@dataclass(frozen=True)
class Rig:
    """A node with an API deployed whose resources lead to the scripts of the same name."""

    node: Gatewright
    api: str

    def ask(self, path: str) -> tuple[int, object]:
        try:
            with urllib.request.urlopen(self.node.stage_url(self.api, "prod", path), timeout=BOUND) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def refusal(self, path: str) -> Refusal:
        """What the client hears; straight after it a healthy backend is heard."""
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(self.node.stage_url(self.api, "prod", path), timeout=BOUND)
        with refused.value as answer:
            assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
            heard = (answer.code, json.loads(answer.read()))
        for kind in TYPES:
            assert self.ask(f"/{kind}/healthy") == (200, "ok")
        return Refusal(heard, answer.headers["x-amzn-RequestId"])

    def logged(self, request_id: str) -> str:
        """The line of the owner's log about a request."""
        deadline = monotonic() + LOGGED_SECONDS
        while not (found := [line for line in self._log() if request_id in line]):
            assert monotonic() < deadline, f"nothing is logged of request {request_id}"
        return found[0]

    def _log(self) -> list[str]:
        log = self.node.data_dir / "logs" / "gateway.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one the node trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ports(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Of the backends without TLS and with it, by whose certificate they show."""
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    with (
        scripted(SCRIPTS) as plain,
        scripted(SCRIPTS, authority.issue("localhost", "localhost")) as trusted,
        scripted(SCRIPTS, stranger.issue("localhost", "localhost")) as unknown,
        scripted(SCRIPTS, authority.issue("other.example", "other.example")) as other,
        scripted(SCRIPTS, authority.issue("localhost", "localhost", days=-1)) as expired,
    ):
        yield {"plain": plain, "trusted": trusted, "unknown": unknown, "other": other, "expired": expired}


@pytest.fixture(scope="module")
def node(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(authority.path))
        node = Gatewright("serve", tmp_path_factory.mktemp("backend"), *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def rig(node: Gatewright, ports: dict[str, int]) -> Rig:
    api = Api(node)
    nobody = unused_port()
    for kind in TYPES:
        for path in (*SCRIPTS, "/nobody"):
            port = nobody if path == "/nobody" else ports["plain"]
            _lead(api, kind, f"/{kind}{path}", f"http://127.0.0.1:{port}{path}", IMPATIENT.get(path, 20_000))
        for name in ("trusted", "unknown", "other", "expired"):
            uri = f"https://localhost:{ports[name]}/healthy"
            _lead(api, kind, f"/{kind}/tls/{name}", uri)
            _lead(api, kind, f"/{kind}/unchecked/{name}", uri, tlsConfig={"insecureSkipVerification": True})
    api.deploy("prod")
    api.gateway.close()
    return Rig(node, api.id)


def _lead(api: Api, kind: str, path: str, uri: str, timeout: int = 20_000, **more: object) -> None:
    """Make a GET at `path` that asks `uri`."""
    integration = {
        "type": kind,
        "integrationHttpMethod": "GET",
        "uri": uri,
        "timeoutInMillis": timeout,
        **more,
    }
    where = api.method(path, "GET", integration)
    if kind == "HTTP":
        api.gateway.put_method_response(**where, statusCode="200")
        api.gateway.put_integration_response(**where, statusCode="200")


BAD_TLS = {
    "/tls/unknown": (NETWORK, NETWORK_LOG),
    "/tls/expired": (NETWORK, NETWORK_LOG),
    "/tls/other": (CONFIGURATION, CONFIGURATION_LOG),
    "/unchecked/expired": (NETWORK, NETWORK_LOG),  # only the authority is forgiven
    "/unchecked/other": (CONFIGURATION, CONFIGURATION_LOG),
}
FAULTS = EXPECTED | BAD_TLS


@pytest.fixture(scope="module")
def refusals(rig: Rig) -> dict[str, Refusal]:
    """Of every fault, all asked before the first is looked up in the log, which is written in batches."""
    before = rig.node.children("worker")
    found = {kind + path: rig.refusal(f"/{kind}{path}") for path in FAULTS for kind in TYPES}
    assert rig.node.children("worker") == before
    assert not [line for line in rig.node.logged if "Traceback" in line or "ERROR" in line]
    return found


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("path", FAULTS)
def test_a_fault_is_told_to_the_client_and_explained_to_the_owner(
    rig: Rig, refusals: dict[str, Refusal], kind: str, path: str
) -> None:
    heard, reason = FAULTS[path]
    refusal = refusals[kind + path]
    assert refusal.heard == heard
    assert reason in rig.logged(refusal.request_id)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("path", ["/tls/other", "/unchecked/other"])
def test_the_owner_reads_whose_certificate_it_was(
    rig: Rig, refusals: dict[str, Refusal], kind: str, path: str
) -> None:
    line = rig.logged(refusals[kind + path].request_id)
    assert "localhost" in line
    assert "other.example" in line


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("path", ["/tls/trusted", "/unchecked/unknown"])
def test_a_certificate_that_is_trusted_or_forgiven(rig: Rig, kind: str, path: str) -> None:
    assert rig.ask(f"/{kind}{path}") == (200, "ok")
