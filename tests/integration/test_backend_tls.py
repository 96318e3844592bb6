"""Backends behind TLS: private authorities, and client certificates of stages where a backend demands one."""

from __future__ import annotations

import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from tests.support.apis import Api
from tests.support.processes import BOUND, Gatewright
from tests.support.scripted_backends import HEAD_BYTES, scripted
from tests.unit.wire.conftest import Authority

TYPES = ["HTTP", "HTTP_PROXY"]
NETWORK = (504, {"message": "Network error communicating with endpoint"})
SERVED_SECONDS = 10.0  # a change is served a moment after it is acknowledged


def tells_who(sock: socket.socket) -> None:
    """Answers each request of the connection with the serial number of the caller's certificate, or null."""
    assert isinstance(sock, ssl.SSLSocket)
    shown = sock.getpeercert(binary_form=True)
    body = json.dumps(x509.load_der_x509_certificate(shown).serial_number if shown else None).encode()
    while True:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        if not sock.recv(HEAD_BYTES):
            return


def serial_of(certificate: dict[str, Any]) -> int:
    return x509.load_pem_x509_certificate(certificate["pemEncodedCertificate"].encode()).serial_number


@dataclass(frozen=True)
class Rig:
    """An API served as three stages; `/{type}/demanding` asks for a certificate, `/{type}/open` does not."""

    node: Gatewright
    api: Api
    methods: dict[str, dict[str, str]]
    old: dict[str, Any]  # certificates that the demanding backend trusts
    new: dict[str, Any]
    unknown: dict[str, Any]  # one that it does not

    def ask(self, stage: str, path: str) -> tuple[int, object]:
        try:
            url = self.node.stage_url(self.api.id, stage, path)
            with urllib.request.urlopen(url, timeout=BOUND) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def until(self, stage: str, path: str, expected: tuple[int, object]) -> None:
        deadline = monotonic() + SERVED_SECONDS
        while (found := self.ask(stage, path)) != expected:
            assert monotonic() < deadline, f"{stage} {path} still answers {found}"

    def log(self) -> str:
        """The owner's, which is written in batches."""
        log = self.node.data_dir / "logs" / "gateway.log"
        return log.read_text() if log.exists() else ""

    def show(self, stage: str, certificate: dict[str, Any] | None) -> None:
        name = "" if certificate is None else certificate["clientCertificateId"]
        operation = {"op": "replace", "path": "/clientCertificateId", "value": name}
        self.api.gateway.update_stage(restApiId=self.api.id, stageName=stage, patchOperations=[operation])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private one: no system knows it, the node is told of it."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def node(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    trusting = ("--backend-ca-bundle", str(authority.path))
    node = Gatewright("serve", tmp_path_factory.mktemp("tls"), *flags, *trusting)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def rig(node: Gatewright, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    api = Api(node)
    old, new, unknown = (api.gateway.generate_client_certificate(description=str(n)) for n in range(3))
    demanding = authority.issue("localhost", "localhost")
    demanding.verify_mode = ssl.CERT_REQUIRED
    for trusted in (old, new):
        demanding.load_verify_locations(cadata=trusted["pemEncodedCertificate"])
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    with (
        scripted({"/": tells_who}, demanding) as demanding_port,
        scripted({"/": tells_who}, authority.issue("localhost", "localhost")) as open_port,
        scripted({"/": tells_who}, stranger.issue("localhost", "localhost")) as stranger_port,
    ):
        ports = {"demanding": demanding_port, "open": open_port, "stranger": stranger_port}
        methods = {
            f"/{kind}/{name}": _lead(api, kind, f"/{kind}/{name}", f"https://localhost:{port}/")
            for kind in TYPES
            for name, port in ports.items()
        }
        for stage in ("bare", "first", "second"):
            api.deploy(stage)
        yield Rig(node, api, methods, old, new, unknown)


def _lead(api: Api, kind: str, path: str, uri: str) -> dict[str, str]:
    """Make a GET at `path` that asks `uri`."""
    where = api.method(path, "GET", {"type": kind, "integrationHttpMethod": "GET", "uri": uri})
    if kind == "HTTP":
        api.gateway.put_method_response(**where, statusCode="200")
        api.gateway.put_integration_response(**where, statusCode="200")
    return where


@pytest.mark.parametrize("kind", TYPES)
def test_a_private_authority_is_trusted_and_a_strange_one_is_not(rig: Rig, kind: str) -> None:
    assert rig.ask("bare", f"/{kind}/open") == (200, None)
    assert rig.ask("bare", f"/{kind}/stranger") == NETWORK


@pytest.mark.parametrize("kind", TYPES)
def test_a_stage_shows_its_certificate_and_no_other_stages(rig: Rig, kind: str) -> None:
    path = f"/{kind}/demanding"
    rig.show("first", rig.old)
    rig.show("second", rig.new)
    rig.until("first", path, (200, serial_of(rig.old)))
    rig.until("second", path, (200, serial_of(rig.new)))
    assert rig.ask("first", path) == (200, serial_of(rig.old))  # on its own connection, kept open
    assert rig.ask("bare", path) == NETWORK
    assert rig.ask("first", f"/{kind}/open") == (200, None)  # who does not ask is told nothing


@pytest.mark.parametrize("kind", TYPES)
def test_a_stage_moves_to_a_new_certificate_and_to_none(rig: Rig, kind: str) -> None:
    path = f"/{kind}/demanding"
    for certificate in (rig.old, rig.new, rig.old):
        rig.show("first", certificate)
        rig.until("first", path, (200, serial_of(certificate)))
    for refused in (rig.unknown, None):
        rig.show("first", refused)
        rig.until("first", path, NETWORK)


def test_the_owner_reads_why_the_backend_ended_tls_and_no_private_key(rig: Rig) -> None:
    rig.show("second", rig.old)
    rig.until("second", "/HTTP/demanding", (200, serial_of(rig.old)))
    deadline = monotonic() + SERVED_SECONDS
    while not re.search("the backend ended TLS: .*certificate.required", rig.log(), re.IGNORECASE):
        assert monotonic() < deadline, rig.log()
        assert rig.ask("bare", "/HTTP/demanding") == NETWORK
    assert "PRIVATE" not in rig.log()
    assert not any("PRIVATE" in line for line in rig.node.logged)


@pytest.mark.parametrize("kind", TYPES)
def test_a_test_invocation_shows_the_certificate_that_it_names(rig: Rig, kind: str) -> None:
    where = rig.methods[f"/{kind}/demanding"]
    for certificate in (rig.old, rig.new):
        name = certificate["clientCertificateId"]
        answer = rig.api.gateway.test_invoke_method(**where, clientCertificateId=name)
        assert (answer["status"], json.loads(answer["body"])) == (200, serial_of(certificate))
        assert "PRIVATE" not in answer["log"]
    assert rig.api.gateway.test_invoke_method(**where)["status"] == 504
    with pytest.raises(ClientError, match="Invalid Client Certificate identifier specified"):
        rig.api.gateway.test_invoke_method(**where, clientCertificateId="nobody")
