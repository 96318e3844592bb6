"""Streamed answers and large bodies through a real node: events one by one, slow and vanishing clients,
backends that die, and memory that stays where it was."""

from __future__ import annotations

import hashlib
import re
import select
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.apis import Api
from tests.support.balanced_backends import refusing_port
from tests.support.processes import BOUND, Gatewright
from tests.support.raw import connect
from tests.support.scripted_backends import Script, scripted
from tests.support.signing import Keys, signed

from gatewright.aws.credentials import read_credentials

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = [b"data: %d\n\n" % number for number in range(3)]
PIECE = bytes(range(256)) * 1024  # no UTF-8: what is touched shows
MIB = 2**20
DOWN, UP = 128 * MIB, 64 * MIB
ROOM = 48  # MiB that a worker may grow by while hundreds pass through it


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Backend:
    """What its scripts wait for, and what they saw."""

    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    closed: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    uploads: list[tuple[bytes, int, str]] = field(default_factory=list)  # head, bytes, digest
    port: int = 0

    def scripts(self) -> dict[str, Script]:
        return {
            "/sse": self.sse,
            "/dies": self.dies,
            "/flood": self.flood,
            "/large": self.large,
            "/chunks": self.chunks,
        }

    def sse(self, sock: socket.socket) -> None:
        """Each event waits for `go`."""
        sock.sendall(SSE)
        for event in EVENTS:
            if not self._may_go(sock):
                return
            sock.sendall(chunk(event))
        sock.sendall(b"0\r\n\r\n")

    def _may_go(self, sock: socket.socket) -> bool:
        while not self.go.acquire(timeout=0.01):
            if select.select([sock], [], [], 0)[0] and not sock.recv(1):
                self.closed.set()
                return False
        return True

    def dies(self, sock: socket.socket) -> None:
        sock.sendall(SSE + chunk(EVENTS[0]))
        self._may_go(sock)

    def flood(self, sock: socket.socket) -> None:
        """As much as is taken, until the other side goes."""
        self.sent = 0
        sock.sendall(SSE)
        try:
            while True:
                sock.sendall(chunk(PIECE))
                self.sent += len(PIECE)
        except OSError:
            self.closed.set()

    def large(self, sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % DOWN)
        for _ in range(DOWN // len(PIECE)):
            sock.sendall(PIECE)

    def chunks(self, sock: socket.socket) -> None:
        sock.sendall(SSE)
        for _ in range(DOWN // len(PIECE)):
            sock.sendall(chunk(PIECE))
        sock.sendall(b"0\r\n\r\n")


class UploadServer(threading.Thread):
    """Reads whole requests, one a connection; `/early` is answered before its body is read."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(daemon=True)
        self._backend = backend
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            with sock:
                self._take(sock)

    def _take(self, sock: socket.socket) -> None:
        reader = sock.makefile("rb")
        head = b"".join(iter(reader.readline, b"\r\n"))
        if b"/early " in head:
            sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            while reader.read(MIB):  # a close on unread bytes would be a reset, and take the answer along
                pass
            return
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(reader, head):
            digest.update(piece)
            size += len(piece)
        self._backend.uploads.append((head, size, digest.hexdigest()))
        self._backend.closed.set()
        sock.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")

    def _pieces(self, reader: object, head: bytes) -> Iterator[bytes]:
        read: Callable[[int], bytes] = reader.read  # type: ignore[attr-defined]
        line: Callable[[], bytes] = reader.readline  # type: ignore[attr-defined]
        found = re.search(rb"Content-Length: (\d+)", head)
        if found:
            left = int(found[1])
            while left and (piece := read(min(left, MIB))):
                left -= len(piece)
                yield piece
        else:
            while size := int(line() or b"0", 16):
                yield read(size)
                line()
            line()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@dataclass(frozen=True)
class Rig:
    node: Gatewright
    api: str
    backend: Backend

    def open(self, path: str, *, verb: str = "GET", version: str = "1.1", lines: str = "") -> socket.socket:
        """A connection on which a request is sent, perhaps without the end of its body."""
        sock = connect(self.node.port)
        target = f"/restapis/{self.api}/prod/_user_request_{path}"
        sock.sendall(f"{verb} {target} HTTP/{version}\r\nHost: any\r\n{lines}\r\n".encode())
        return sock

    def keys(self) -> Keys:
        """The node's own."""
        own = read_credentials(self.node.data_dir / "credentials")
        return Keys(own.access_key, own.secret_key)

    def memory(self) -> float:
        """MiB of the worker, at its peak since it was last asked."""
        (pid,) = self.node.children("worker")
        status = Path(f"/proc/{pid}/status").read_text()
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    backend = Backend()
    uploads = UploadServer(backend)
    uploads.start()
    closed, unused = refusing_port()
    node = Gatewright(
        "serve", tmp_path_factory.mktemp("streaming"), *flags, "--max-body-bytes", str(256 * MIB)
    )
    try:
        node.ready()
        with scripted(backend.scripts()) as port:
            api = Api(node)
            proxy = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET"}
            for path in backend.scripts():
                uri = f"http://127.0.0.1:{port}{path}"
                api.method(path, "GET", {**proxy, "uri": uri, "responseTransferMode": "STREAM"})
                api.method(f"/buffered{path}", "GET", {**proxy, "uri": uri})
            proxy["integrationHttpMethod"] = "POST"
            for path in ("/up", "/early"):
                uri = f"http://127.0.0.1:{uploads.port}{path}"
                api.method(path, "POST", {**proxy, "uri": uri})
            up = {**proxy, "uri": f"http://127.0.0.1:{uploads.port}/up"}
            api.method("/streamed", "POST", {**up, "responseTransferMode": "STREAM"})
            api.method("/keyed", "POST", up, {"authorizationType": "NONE", "apiKeyRequired": True})
            validator = api.gateway.create_request_validator(restApiId=api.id, validateRequestBody=True)
            checked = {"authorizationType": "NONE", "requestValidatorId": validator["id"]}
            api.method("/checked", "POST", up, checked)
            api.method("/checked/keyed", "POST", up, {**checked, "apiKeyRequired": True})
            api.method("/signed", "POST", up, {"authorizationType": "AWS_IAM"})
            api.method("/signed/keyed", "POST", up, {"authorizationType": "AWS_IAM", "apiKeyRequired": True})
            api.method("/down", "POST", {**proxy, "uri": f"http://127.0.0.1:{unused}/"})
            api.deploy("prod")
            rates = [
                {"op": "replace", "path": f"/~1checked/POST/throttling/{limit}", "value": "1000"}
                for limit in ("rateLimit", "burstLimit")
            ]
            api.gateway.update_stage(restApiId=api.id, stageName="prod", patchOperations=rates)
            api.gateway.close()
            yield Rig(node, api.id, backend)
    finally:
        node.close()
        uploads.stop()
        closed.close()


def head_of(sock: socket.socket) -> bytes:
    """The head of the answer, and not a byte more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    return head


def received(sock: socket.socket) -> bytes:
    """All that comes until the end."""
    pieces = []
    try:
        while piece := sock.recv(MIB):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, data
        data += piece
    return data


def test_events_reach_the_client_one_by_one(rig: Rig) -> None:
    with rig.open("/sse") as client:
        head = head_of(client)
        assert b"Content-Type: text/event-stream\r\n" in head
        assert b"Transfer-Encoding: chunked\r\n" in head
        assert b"x-amzn-RequestId: " in head
        for event in EVENTS:
            assert not select.select([client], [], [], 0)[0], "an event came before it was sent"
            rig.backend.go.release()
            assert exactly(client, len(chunk(event))) == chunk(event)
        assert exactly(client, 5) == b"0\r\n\r\n"


def test_a_client_of_http_1_0_hears_the_end_by_the_close(rig: Rig) -> None:
    for _ in EVENTS:
        rig.backend.go.release()
    with rig.open("/sse", version="1.0") as client:
        head = head_of(client)
        assert b"Transfer-Encoding" not in head
        assert received(client) == b"".join(EVENTS)


def test_a_client_that_vanishes_takes_its_backend_call_along(rig: Rig) -> None:
    rig.backend.closed.clear()
    with rig.open("/sse") as client:
        head_of(client)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert rig.backend.closed.wait(BOUND)


def test_a_backend_that_dies_cuts_the_client_off_without_an_end(rig: Rig) -> None:
    with rig.open("/dies") as client:
        head_of(client)
        assert exactly(client, len(chunk(EVENTS[0]))) == chunk(EVENTS[0])
        rig.backend.go.release()
        assert received(client) == b""


def test_a_slow_client_stops_the_backend(rig: Rig) -> None:
    rig.memory()
    before = rig.memory()
    rig.backend.closed.clear()
    with rig.open("/flood") as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        head_of(client)
        stands = -1
        deadline = time.monotonic() + BOUND
        while stands != rig.backend.sent or not stands:  # until no more is taken for a while
            assert time.monotonic() < deadline
            stands = rig.backend.sent
            select.select([], [], [], 0.3)
        assert stands < 64 * MIB
        assert rig.memory() < before + ROOM
    assert rig.backend.closed.wait(BOUND)


@pytest.mark.parametrize("path", ["/large", "/chunks", "/buffered/large", "/buffered/chunks"])
def test_a_large_answer_passes_and_memory_stays(rig: Rig, path: str) -> None:
    rig.memory()
    before = rig.memory()
    url = rig.node.stage_url(rig.api, "prod", path)
    size = 0
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        assert answer.headers["Content-Length"] == (str(DOWN) if "large" in path else None)
        while piece := answer.read(len(PIECE)):
            assert piece == PIECE
            size += len(piece)
    assert size == DOWN
    assert rig.memory() < before + ROOM


def parts(size: int) -> Iterator[bytes]:
    for _ in range(size // len(PIECE)):
        yield PIECE


@pytest.mark.parametrize(("path", "chunked"), [("/up", False), ("/up", True), ("/streamed", False)])
def test_a_large_body_passes_to_the_backend_and_memory_stays(rig: Rig, path: str, chunked: bool) -> None:
    rig.memory()
    before = rig.memory()
    headers = {"Content-Type": "application/octet-stream"}
    if not chunked:
        headers["Content-Length"] = str(UP)
    url = rig.node.stage_url(rig.api, "prod", path)
    request = urllib.request.Request(url, data=parts(UP), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=BOUND) as answer:
        assert (answer.status, answer.read()) == (201, b"ok")
    head, size, digest = rig.backend.uploads[-1]
    assert size == UP
    assert digest == hashlib.sha256(PIECE * (UP // len(PIECE))).hexdigest()
    assert (b"Transfer-Encoding: chunked\r\n" in head) == chunked
    assert rig.memory() < before + ROOM


def test_a_client_that_asks_first_is_told_to_go_on(rig: Rig) -> None:
    size = 11 * MIB
    lines = f"Content-Length: {size}\r\nExpect: 100-continue\r\nConnection: close\r\n"
    with rig.open("/up", verb="POST", lines=lines) as client:
        assert head_of(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for piece in parts(size):
            client.sendall(piece)
        assert received(client).startswith(b"HTTP/1.1 201 ")


def test_a_backend_that_refuses_early_is_heard(rig: Rig) -> None:
    lines = f"Content-Length: {UP}\r\n"
    with rig.open("/early", verb="POST", lines=lines) as client:
        client.sendall(PIECE)
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"Connection: close\r\n" in head
        assert received(client) == b"no"


@pytest.mark.parametrize("path", ["/keyed", "/checked/keyed", "/nowhere", "/signed"])
@pytest.mark.parametrize("lines", ["", "Expect: 100-continue\r\n", "X-HTTP-Method-Override: POST\r\n"])
def test_an_upload_that_is_not_let_on_is_refused_before_it_comes(rig: Rig, path: str, lines: str) -> None:
    lines += f"Content-Length: {UP}\r\n"
    with rig.open(path, verb="POST", lines=lines) as client:
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"Connection: close\r\n" in head


@pytest.mark.parametrize(("path", "allowed"), [("/keyed", False), ("/signed", False), ("/up", True)])
def test_a_client_with_a_small_body_is_asked_for_it_only_when_it_is_let_on(
    rig: Rig, path: str, allowed: bool
) -> None:
    lines = "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n"
    with rig.open(path, verb="POST", lines=lines) as client:
        head = head_of(client)
        if allowed:
            assert head == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"text")
            assert received(client).startswith(b"HTTP/1.1 201 ")
            assert b"Content-Length: 4\r\n" in rig.backend.uploads[-1][0]
        else:
            assert head.startswith(b"HTTP/1.1 403 ")


def signed_lines(rig: Rig, path: str, body: bytes, keys: Keys, **options: Any) -> str:
    """The head of a signed upload, which asks before it sends the body."""
    url = rig.node.stage_url(rig.api, "prod", path)
    request = signed(keys, url, method="POST", headers={"Host": "any"}, body=body, **options)
    fields = {**request.headers, "Content-Length": str(len(body)), "Expect": "100-continue"}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name != "Host")


@pytest.mark.parametrize(
    ("path", "key", "options", "error"),
    [
        ("/signed", "AKIDNOBODY", {}, b"UnrecognizedClientException"),
        ("/signed", None, {"region": "eu-north-1"}, b"InvalidSignatureException"),
        ("/signed/keyed", None, {}, b"ForbiddenException"),
    ],
)
def test_an_upload_whose_signature_cannot_be_right_is_refused_before_it_comes(
    rig: Rig, path: str, key: str | None, options: dict[str, Any], error: bytes
) -> None:
    keys = rig.keys() if key is None else Keys(key, "secret")
    lines = signed_lines(rig, path, bytes(11 * MIB), keys, **options)
    with rig.open(path, verb="POST", lines=lines) as client:
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"x-amzn-ErrorType: " + error in head
        assert b"Connection: close\r\n" in head


def test_a_signed_upload_is_asked_for_and_checked(rig: Rig) -> None:
    body = b"text" * (3 * MIB)
    lines = signed_lines(rig, "/signed", body, rig.keys()) + "Connection: close\r\n"
    for sent, status in ((body, b"201"), (body[:-1] + b"!", b"403")):
        with rig.open("/signed", verb="POST", lines=lines) as client:
            assert head_of(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(sent)
            assert received(client).startswith(b"HTTP/1.1 " + status)
    assert rig.backend.uploads[-1][1:] == (len(body), hashlib.sha256(body).hexdigest())


def test_an_upload_that_is_let_on_is_collected_where_a_step_wants_it_whole(rig: Rig) -> None:
    url = rig.node.stage_url(rig.api, "prod", "/checked")
    body = b"text" * (3 * MIB)
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST")) as answer:
        assert answer.status == 201
    _, size, digest = rig.backend.uploads[-1]
    assert (size, digest) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize(("path", "status"), [("/nowhere", b"403"), ("/down", b"504")])
def test_a_body_is_not_kept_when_its_request_has_failed(rig: Rig, path: str, status: bytes) -> None:
    rig.memory()
    before = rig.memory()
    body = bytes(9 * MIB)  # under the size that is streamed
    for _ in range(10):
        lines = f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        with rig.open(path, verb="POST", lines=lines) as client:
            client.sendall(body)
            assert head_of(client).startswith(b"HTTP/1.1 " + status)
    assert rig.memory() < before + ROOM


def test_a_client_that_vanishes_while_it_uploads(rig: Rig) -> None:
    rig.backend.closed.clear()
    with rig.open("/up", verb="POST", lines=f"Content-Length: {UP}\r\n") as client:
        client.sendall(PIECE)
    assert rig.backend.closed.wait(BOUND)
    assert rig.backend.uploads[-1][1] < UP


def test_a_body_that_is_malformed_behind_its_beginning_is_the_clients_fault(rig: Rig) -> None:
    with rig.open("/up", verb="POST", lines="Transfer-Encoding: chunked\r\n") as client:
        for piece in parts(11 * MIB):
            client.sendall(chunk(piece))
        client.sendall(b"no number\r\n")
        assert head_of(client).startswith(b"HTTP/1.1 400 ")
    log = logged(rig, "the request broke off: it is malformed")
    assert "Method completed with status: 400" in log


def test_a_body_past_the_limit_is_refused(rig: Rig) -> None:
    lines = f"Content-Length: {257 * MIB}\r\nConnection: close\r\n"
    with rig.open("/up", verb="POST", lines=lines) as client:
        assert head_of(client).startswith(b"HTTP/1.1 413 ")


def test_the_log_tells_of_an_answer_that_was_cut(rig: Rig) -> None:
    logged(rig, "Execution failed after the response had begun")


def logged(rig: Rig, words: str) -> str:
    """The owner's log, once it has these words."""
    log = rig.node.data_dir / "logs" / "gateway.log"
    deadline = time.monotonic() + BOUND
    while not (log.exists() and words in log.read_text()):
        assert time.monotonic() < deadline
        select.select([], [], [], 0.05)
    return log.read_text()
