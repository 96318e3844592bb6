"""A running server or a misbehaving backend, and raw bytes sent to either."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatewright.wire.client import Answer, Client, ClientLimits, Pool, Target
from gatewright.wire.connection import Connection
from gatewright.wire.limits import Refusals, ServerLimits
from gatewright.wire.pending import Pending, future_from
from gatewright.wire.server import Server
from gatewright.wire.timers import TimerWheel
from gatewright.wire.tls import client_context, server_context
from gatewright.wire.types import Handler, Reply, Request, Response

T = TypeVar("T")

PATIENCE = 10.0
"""Bound of every wait in these tests; reached only by a failure."""


class Run(Protocol):
    def __call__(self, coroutine: Coroutine[Any, Any, T]) -> T: ...


@pytest.fixture
def run() -> Run:
    """Run a coroutine on a uvloop of its own, within `PATIENCE`; what the loop's callbacks raise fails it."""

    def runner(coroutine: Coroutine[Any, Any, T]) -> T:
        raised: list[dict[str, Any]] = []

        async def bounded() -> T:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
            return await asyncio.wait_for(coroutine, PATIENCE)

        result = uvloop.run(bounded())
        assert raised == []
        return result

    return runner


class Authority:
    """A certificate authority for one test session."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self._root = self._certificate(self._name, self._key.public_key(), authority=True).sign(
            self._key, hashes.SHA256()
        )
        self.path = directory / "ca.pem"
        self.path.write_bytes(self._root.public_bytes(serialization.Encoding.PEM))

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int = 10, authority: bool = False
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=20))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )

    def issue(
        self, common_name: str, *names: str, addresses: Sequence[str] = (), days: int = 10
    ) -> ssl.SSLContext:
        """A server context whose certificate is for these names; `days` may be negative: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = self._certificate(subject, key.public_key(), days=days)
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ip_address(address)) for address in addresses]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        cert_path, key_path = self._directory / "cert.pem", self._directory / "key.pem"
        cert_path.write_bytes(
            builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return server_context(cert_path, key_path)

    def trusting(self, verify: bool = True) -> ssl.SSLContext:
        """A client context that trusts this authority."""
        context = client_context(verify)
        context.load_verify_locations(self.path)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server_tls(authority: Authority) -> ssl.SSLContext:
    return authority.issue("localhost", "localhost", addresses=["127.0.0.1"])


@pytest.fixture
def client_tls(authority: Authority) -> ssl.SSLContext:
    return authority.trusting()


class Echo:
    """A handler that answers with what it saw, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request, reply: Reply) -> None:
        self.requests.append(request)
        query = "" if request.query is None else f"?{request.query}"
        seen = f"{request.method} {request.path}{query} {request.version} ".encode() + request.body
        reply.send(Response(200, b"Content-Type: text/plain\r\n", seen))


class Hold:
    """A handler that leaves its replies to the test."""

    def __init__(self) -> None:
        self.held: list[tuple[Request, Reply]] = []
        self._arrived = asyncio.Event()

    def __call__(self, request: Request, reply: Reply) -> None:
        self.held.append((request, reply))
        self._arrived.set()

    async def wait_for(self, count: int) -> None:
        while len(self.held) < count:
            self._arrived.clear()
            await self._arrived.wait()


@dataclass
class Running:
    server: Server
    port: int
    clock: Clock


@dataclass
class Clock:
    """A clock that stands still until it is moved; `wheel` is told."""

    now: float = 1000.0
    wheel: TimerWheel | None = None

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds
        assert self.wheel is not None
        self.wheel.advance()


def listening_socket() -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(128)
    return sock


@asynccontextmanager
async def serving(
    handler: Handler,
    *,
    limits: ServerLimits | None = None,
    refusals: Refusals | None = None,
    tls: ssl.SSLContext | None = None,
    proxy_protocol: bool = False,
) -> AsyncIterator[Running]:
    """A server with a clock that stands still, so that nothing times out unless the test says so."""
    clock = Clock()
    server = Server(
        handler,
        loop=asyncio.get_running_loop(),
        limits=limits,
        refusals=refusals,
        tls=tls,
        proxy_protocol=proxy_protocol,
        clock=clock,
    )
    clock.wheel = server.timers
    sock = listening_socket()
    port = sock.getsockname()[1]
    await server.listen(sock)
    try:
        yield Running(server, port, clock)
    finally:
        server.stop_accepting()
        await server.drain(0.0)


@dataclass
class RawAnswer:
    status: int
    fields: list[tuple[str, str]]
    body: bytes
    chunks: list[bytes] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.fields if key.lower() == name.lower()]
        return value

    def __contains__(self, name: str) -> bool:
        return any(key.lower() == name.lower() for key, _ in self.fields)


class MemoryTransport(asyncio.Transport):
    """The server's end of a connection that is not there; what is written stays unsent when told so."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.reading = True
        self.closed = False
        self.unsent = 0
        self.half_closes = True
        self.broken = False
        self.high_water: int | None = None
        self.protocol: asyncio.Protocol | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.broken:
            raise RuntimeError("the handler is closed")
        self.written += data
        if self.high_water is not None and len(self.written) > self.high_water:
            assert self.protocol is not None
            self.protocol.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def can_write_eof(self) -> bool:
        return self.half_closes

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    abort = close


class MemoryClient:
    """Feeds a connection by hand."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self.clock = clock
        self.transport = MemoryTransport()
        self.connection = Connection(server)
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)

    def receive(self, data: bytes) -> None:
        if data and not self.transport.closed:
            self.connection.data_received(data)
            self.end_turn()

    def end_turn(self) -> None:
        """As the loop does behind its callbacks."""
        self.connection.server.batch.flush()

    def reading(self) -> bool:
        """Whether the server reads us."""
        return self.transport.reading

    def closed(self) -> bool:
        """Whether the server has closed."""
        return self.transport.closed

    def statuses(self) -> list[int]:
        self.end_turn()
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", self.transport.written)]

    def bodies(self) -> list[bytes]:
        """The bodies of answers of status 200, all of which have a length."""
        bodies = []
        rest = bytes(self.transport.written)
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
            bodies.append(rest[:length])
            rest = rest[length:]
        return bodies


@contextmanager
def in_memory(handler: Handler, limits: ServerLimits | None = None) -> Iterator[MemoryClient]:
    loop = asyncio.new_event_loop()
    clock = Clock()
    server = Server(handler, loop=loop, limits=limits, clock=clock)
    clock.wheel = server.timers
    client = MemoryClient(server, clock)
    try:
        yield client
    finally:
        client.connection.connection_lost(None)
        loop.run_until_complete(server.drain(0.0))
        loop.close()


class Wire:
    """The client's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, to_head: bool = False) -> RawAnswer:
        """The next answer."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        fields = [(name, value) for name, _, value in (line.partition(": ") for line in lines[1:])]
        answer = RawAnswer(int(lines[0].split(" ")[1]), fields, b"")
        if to_head or answer.status < 200 or answer.status in (204, 304):
            return answer
        if "Transfer-Encoding" in answer:
            await self._read_chunks(answer)
        elif "Content-Length" in answer:
            answer.body = await self.reader.readexactly(int(answer["Content-Length"]))
        else:
            answer.body = await self.reader.read()
        return answer

    async def _read_chunks(self, answer: RawAnswer) -> None:
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            answer.chunks.append(await self.reader.readexactly(size))
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"
        answer.body = b"".join(answer.chunks)

    async def closed(self) -> bytes:
        """Wait for the server to close; what came before."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


@asynccontextmanager
async def connected(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    name = "localhost" if tls is not None else None
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name))
    try:
        yield wire
    finally:
        await wire.close()


Script = Sequence[bytes | int | None]


class Backend:
    """A backend that plays one script a connection, in the order of the connections; the last one repeats.

    The steps of a script: bytes are sent, a number awaits so many heads of requests, None closes.
    """

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.closed = asyncio.Event()
        self.port = 0
        self._scripts = scripts
        self._playing: set[asyncio.Task[None]] = set()
        self._sockets: list[int] = []

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        self._sockets.append(writer.get_extra_info("socket").fileno())
        task = asyncio.ensure_future(self._play(script, reader, writer))
        self._playing.add(task)
        task.add_done_callback(self._playing.discard)

    async def _play(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for step in script:
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                else:
                    for _ in range(step or 0):
                        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            if script[-1] is not None:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.closed.set()
            writer.close()

    def close_at_once(self) -> None:
        """Let the kernel end the first connection, without a turn of the loop."""
        with socket.socket(fileno=os.dup(self._sockets[0])) as first:
            first.shutdown(socket.SHUT_WR)

    def say_at_once(self, words: bytes) -> None:
        """Put words into the first connection, without a turn of the loop."""
        os.write(self._sockets[0], words)

    async def stop(self) -> None:
        for task in list(self._playing):
            task.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)


@asynccontextmanager
async def backend(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Backend]:
    playing = Backend(scripts)
    server = await asyncio.start_server(playing.connected, "127.0.0.1", 0, ssl=tls)
    playing.port = server.sockets[0].getsockname()[1]
    try:
        yield playing
    finally:
        server.close()
        await playing.stop()


HEAD = b"GET / HTTP/1.1\r\nHost: backend\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def pool_to(playing: Backend, limits: ClientLimits | None = None) -> AsyncIterator[Pool]:
    client = Client(asyncio.get_running_loop(), limits=limits)
    try:
        yield client.pool(Target("http", "127.0.0.1", playing.port))
    finally:
        await client.close()


async def answer(pending: Pending[Answer]) -> Answer:
    return await future_from(pending, asyncio.get_running_loop())


async def ask(pool: Pool, method: str = "GET", body: bytes = b"", timeout: float = 5.0) -> Answer:
    return await answer(pool.send(HEAD, body, timeout=timeout, method=method))
