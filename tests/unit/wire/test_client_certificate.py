"""Backends that ask who calls: what is shown to them, on whose connections, and whom they are trusted by."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.unit.wire.conftest import OK, Authority, Backend, Run, ask, backend

from gatewright.aws.client_certificate import self_signed
from gatewright.wire.client import Client, ClientLimits, Target, TlsFailed, UpstreamError
from gatewright.wire.client_certificate import ClientCertificate
from gatewright.wire.tls import client_context


def made() -> ClientCertificate:
    now = int(time.time())
    return ClientCertificate(*self_signed(now, now + 86_400))


OURS, OTHERS = made(), made()


def demanding(authority: Authority, *callers: ClientCertificate) -> ssl.SSLContext:
    """A server context that lets in these callers only."""
    context = authority.issue("localhost", "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    for caller in callers:
        context.load_verify_locations(cadata=caller.certificate)
    return context


@asynccontextmanager
async def client_to(playing: Backend, authority: Authority, contexts: int = 256) -> AsyncIterator[Client]:
    async def here(name: str) -> list[str]:
        return ["127.0.0.1"]

    limits = ClientLimits(contexts=contexts)
    client = Client(asyncio.get_running_loop(), resolver=here, tls=authority.trusting, limits=limits)
    try:
        yield client
    finally:
        await client.close()


def target(playing: Backend, shows: ClientCertificate | None) -> Target:
    return Target("https", "localhost", playing.port, shows=shows)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_only_who_shows_its_certificate_is_let_in(
    run: Run, authority: Authority, version: ssl.TLSVersion
) -> None:
    async def scenario() -> None:
        context = demanding(authority, OURS)
        context.minimum_version = context.maximum_version = version
        async with backend([1, OK, 1, OK], tls=context) as playing, client_to(playing, authority) as client:
            for shown in (None, OTHERS):
                with pytest.raises(UpstreamError):
                    await ask(client.pool(target(playing, shown)))
            assert playing.heads == []
            pool = client.pool(target(playing, OURS))
            assert [(await ask(pool)).body, (await ask(pool)).body] == [b"ok", b"ok"]

    run(scenario())


def test_nobody_calls_on_a_connection_of_another_certificate(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        context = demanding(authority, OURS, OTHERS)
        async with backend([1, OK, 1, OK], tls=context) as playing, client_to(playing, authority) as client:
            for shown, connections in ((OURS, 1), (OTHERS, 2), (OURS, 2)):
                assert (await ask(client.pool(target(playing, shown)))).body == b"ok"
                assert playing.connections == connections

    run(scenario())


def test_contexts_are_bounded(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        context = demanding(authority, OURS, OTHERS)
        async with (
            backend([1, OK, None], tls=context) as playing,
            client_to(playing, authority, contexts=1) as client,
        ):
            first = client.tls(target(playing, OURS))
            assert client.tls(target(playing, OURS)) is first
            for shown in (OTHERS, OURS, OTHERS):
                assert (await ask(client.pool(target(playing, shown)))).body == b"ok"
            assert client.tls(target(playing, OURS)) is not first

    run(scenario())


def test_a_key_of_another_certificate_is_told(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        mixed = ClientCertificate(OURS.certificate, OTHERS.key)
        context = demanding(authority, OURS)
        async with backend([1, OK], tls=context) as playing, client_to(playing, authority) as client:
            with pytest.raises(TlsFailed, match="KEY_VALUES_MISMATCH"):
                await ask(client.pool(target(playing, mixed)))

    run(scenario())


def test_the_private_key_is_in_no_text(authority: Authority) -> None:
    assert "PRIVATE" not in repr(Target("https", "localhost", 443, shows=OURS))


def test_authorities_are_trusted_besides_the_systems(
    run: Run, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's are those of one authority here, and the backend's are another's."""
    system, stranger = Authority(tmp_path), authority
    monkeypatch.setenv("SSL_CERT_FILE", str(system.path))
    roots = stranger.path.read_text()
    subjects = [root["subject"] for root in client_context(True, roots).get_ca_certs()]
    assert len(subjects) == 2

    async def scenario() -> None:
        async with backend([1, OK, None], tls=stranger.issue("localhost", "localhost")) as playing:
            for trusted in (None, roots):
                client = Client(asyncio.get_running_loop(), tls=partial(client_context, roots=trusted))
                pool = client.pool(target(playing, None))
                if trusted is None:
                    with pytest.raises(TlsFailed):
                        await ask(pool)
                else:
                    assert (await ask(pool)).body == b"ok"
                await client.close()

    run(scenario())


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_what_is_no_certificate_is_no_root(text: str) -> None:
    with pytest.raises((ValueError, ssl.SSLError)):
        client_context(True, text)
