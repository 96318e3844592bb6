"""Backends behind TLS: whom the client trusts, and how it tells what is wrong."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.wire.conftest import OK, Authority, Backend, Run, ask, backend

from gatewright.wire.certificate import check_certificate
from gatewright.wire.client import Client, HostMismatch, Pool, Target, TlsFailed, UpstreamError
from gatewright.wire.tls import client_context


@asynccontextmanager
async def pool_over_tls(
    playing: Backend, authority: Authority, host: str = "localhost", verify: bool = True
) -> AsyncIterator[Pool]:
    async def here(name: str) -> list[str]:
        return ["127.0.0.1"]

    client = Client(asyncio.get_running_loop(), resolver=here, tls=authority.trusting)
    try:
        yield client.pool(Target("https", host, playing.port, verify))
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["localhost"], "localhost"),
        (["other", "api.example.com"], "api.example.com"),
        (["API.example.com"], "api.EXAMPLE.com"),
        (["*.example.com"], "api.example.com"),
        ([], "localhost"),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_certificate_for_the_host(
    run: Run, authority: Authority, names: list[str], host: str, verify: bool
) -> None:
    async def scenario() -> None:
        tls = authority.issue("localhost", *names)
        async with (
            backend([1, OK, 1, OK], tls=tls) as playing,
            pool_over_tls(playing, authority, host, verify) as pool,
        ):
            assert (await ask(pool)).body == b"ok"
            assert (await ask(pool, "POST")).body == b"ok"
            assert playing.connections == 1

    run(scenario())


def test_a_certificate_for_the_address(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with (
            backend([1, OK], tls=authority.issue("x", "x", addresses=["127.0.0.1"])) as playing,
            pool_over_tls(playing, authority, "127.0.0.1") as pool,
        ):
            assert (await ask(pool)).body == b"ok"

    run(scenario())


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["other"], "localhost"),
        (["other"], "other.localhost"),
        (["*.example.com"], "example.com"),
        (["*.example.com"], "a.b.example.com"),
        (["*.com"], "example.com"),
        (["localhost"], "127.0.0.1"),
        (["127.0.0.1"], "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_certificate_for_another_host(
    run: Run, authority: Authority, names: list[str], host: str, verify: bool
) -> None:
    async def scenario() -> None:
        async with (
            backend([1, OK], tls=authority.issue("the.subject", *names)) as playing,
            pool_over_tls(playing, authority, host, verify) as pool,
        ):
            with pytest.raises(HostMismatch) as caught:
                await ask(pool)
            assert (caught.value.host, caught.value.subject) == (host, "the.subject")
            assert playing.heads == []

    run(scenario())


def test_an_unknown_authority_is_refused_unless_told_otherwise(
    run: Run, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))

    async def scenario() -> None:
        async with backend([1, OK], tls=stranger.issue("localhost", "localhost")) as playing:
            async with pool_over_tls(playing, authority) as pool:
                with pytest.raises(TlsFailed) as caught:
                    await ask(pool)
                assert not isinstance(caught.value, HostMismatch)
            playing.connections = 0
            async with pool_over_tls(playing, authority, verify=False) as pool:
                assert (await ask(pool)).body == b"ok"

    run(scenario())


@pytest.mark.parametrize("verify", [True, False])
def test_an_expired_certificate_is_refused_always(run: Run, authority: Authority, verify: bool) -> None:
    async def scenario() -> None:
        async with (
            backend([1, OK], tls=authority.issue("localhost", "localhost", days=-1)) as playing,
            pool_over_tls(playing, authority, verify=verify) as pool,
        ):
            with pytest.raises(TlsFailed):
                await ask(pool)
            assert playing.heads == []

    run(scenario())


def test_a_backend_without_tls(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with (
            backend([b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as playing,
            pool_over_tls(playing, authority) as pool,
        ):
            with pytest.raises(UpstreamError):
                await ask(pool)

    run(scenario())


class TestCheckCertificate:
    def test_none(self) -> None:
        with pytest.raises(TlsFailed, match="presented no certificate"):
            check_certificate(None, "localhost")

    def test_unreadable(self) -> None:
        with pytest.raises(TlsFailed, match="cannot be read"):
            check_certificate(b"garbage", "localhost")

    def test_dates(self, authority: Authority) -> None:
        der = ssl.PEM_cert_to_DER_cert(authority.path.read_text())
        now = datetime.datetime.now(datetime.UTC)
        check_certificate(der, "Test Authority", now)
        for days in (-21, 11):
            with pytest.raises(TlsFailed, match="is valid from"):
                check_certificate(der, "Test Authority", now + datetime.timedelta(days=days))


def test_what_the_contexts_ask_for() -> None:
    assert client_context(True).verify_mode is ssl.CERT_REQUIRED
    assert client_context(False).verify_mode is ssl.CERT_NONE
    assert client_context(False).minimum_version >= ssl.TLSVersion.TLSv1_2
