"""Garbage, half requests and oversize anything on both ports of a node: refused, and nothing else happens."""

from __future__ import annotations

import random
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from tests.support.apis import Api
from tests.support.processes import BOUND, Gatewright
from tests.support.raw import abort, ask, connect, statuses

GET = b"GET /_gatewright/health HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /restapis HTTP/1.1\r\nHost: x\r\n"
LIMIT = 10_485_760
RANDOM = random.Random(9)

REFUSED = {
    "binary": (RANDOM.randbytes(2_000), 400),
    "TLS hello on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "NUL in a header": (GET + b"X-A: a\x00b\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "length and chunked": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "chunk size of junk": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
    "endless chunk size": (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100_000, 400),
    "long header": (GET + b"X-Long: " + b"a" * 300_000 + b"\r\n\r\n", 431),
    "many headers": (GET + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n", 431),
    "head without an end": (GET + b"X-Long: " + b"a" * 300_000, 431),
    "long target": (b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
}
HALVES = {
    "nothing": b"",
    "half a request line": b"GET /_gatew",
    "half a head": GET + b"X-A: b",
    "half a body": POST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{",
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    """Impatient with slow clients."""
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    impatient = ("--header-timeout", "1", "--body-timeout", "1")
    node = Gatewright("serve", tmp_path_factory.mktemp("wire"), *flags, *impatient)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def url(node: Gatewright) -> str:
    """A MOCK method that must answer whatever else is sent."""
    api = Api(node)
    api.mock("/", '"ok"')
    api.deploy("prod")
    return node.stage_url(api.id, "prod")


@pytest.fixture(autouse=True)
def unharmed(node: Gatewright, url: str) -> Iterator[None]:
    """After each test: both ports answer, by the same processes, which logged no failure of their own."""
    before = node.children("worker") | node.children("control")
    yield
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        assert answer.read() == b'"ok"'
    client = node.client("apigateway")
    assert client.get_account()["ResponseMetadata"]["HTTPStatusCode"] == 200
    client.close()
    assert node.children("worker") | node.children("control") == before
    assert not [line for line in node.logged if "Traceback" in line or "ERROR" in line]


@pytest.fixture(params=["data", "management"])
def port(node: Gatewright, request: pytest.FixtureRequest) -> int:
    address = node.url if request.param == "data" else node.management_url
    return urlsplit(address).port or 0


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_http_is_refused_and_closed(port: int, case: str) -> None:
    sent, status = REFUSED[case]
    assert statuses(ask(port, sent)) == [status]


@pytest.mark.parametrize("case", HALVES)
def test_half_a_request_is_never_answered_as_a_whole_one(port: int, case: str) -> None:
    assert statuses(ask(port, HALVES[case], end=True)) in ([], [400])


@pytest.mark.parametrize("case", HALVES)
def test_a_connection_reset_anywhere_harms_nobody(port: int, case: str) -> None:
    for _ in range(20):
        abort(port, HALVES[case])


def test_answers_nobody_reads_harm_nobody(port: int) -> None:
    for _ in range(20):
        abort(port, (GET + b"\r\n") * 200)


def test_junk_behind_good_requests_ends_the_connection_after_their_answers(port: int) -> None:
    received = ask(port, (GET + b"\r\n") * 3 + b"\x00\xff junk\r\n\r\n" + GET + b"\r\n")
    assert statuses(received) == [200, 200, 200, 400]


@pytest.mark.parametrize("begun", ["half a head", "half a chunk"])
def test_a_client_that_stops_half_way_is_timed_out(port: int, begun: str) -> None:
    assert statuses(ask(port, HALVES[begun])) == [408]


def test_a_trickle_does_not_hold_a_connection_open(port: int) -> None:
    """A byte now and then is not progress: the bound is on the whole head."""
    with connect(port) as sock:
        sock.sendall(GET + b"X-Slow: ")
        sock.settimeout(0.05)
        answer = b""
        for _ in range(int(BOUND / 0.05)):
            try:
                answer = sock.recv(1_000)
                break
            except TimeoutError:
                sock.sendall(b"a")
    assert statuses(answer) == [408]


def test_a_body_over_the_quota_is_refused_as_the_service_does(node: Gatewright, url: str) -> None:
    path = urlsplit(url).path.encode()
    head = b"POST %b HTTP/1.1\r\nHost: x\r\n" % path
    declared = ask(node.port, head + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1), bytes(LIMIT + 1))
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    chunked = ask(node.port, head + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 11, b"0\r\n\r\n")
    for received in (declared, chunked):
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 413 ")
        assert b"text/plain" in head
        assert body == b"HTTP content length exceeded 10485760 bytes."
