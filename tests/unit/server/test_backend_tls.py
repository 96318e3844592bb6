"""The authorities that backends may be certified by: what the setting names is read at the start, or told."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from tests.unit.wire.conftest import Authority

from gatewright.server.errors import CannotStart
from gatewright.server.process import backend_tls_of
from gatewright.server.settings import Settings
from gatewright.wire.tls import client_context


def of(bundle: Path | None) -> Settings:
    return Settings(Path("/data"), backend_ca_bundle=bundle)


def test_without_a_bundle_the_systems_authorities_count() -> None:
    assert backend_tls_of(of(None)) is client_context


def test_a_bundle_counts_besides_them(tmp_path: Path) -> None:
    """Comments of a bundle may be of any alphabet."""
    Authority(tmp_path)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("# Autorité privée\n" + (tmp_path / "ca.pem").read_text(), "utf-8")
    make = backend_tls_of(of(bundle))
    bundle.unlink()
    for verify, mode in ((True, ssl.CERT_REQUIRED), (False, ssl.CERT_NONE)):
        context = make(verify)
        assert context.verify_mode is mode
        subjects = [root["subject"] for root in context.get_ca_certs()]
        assert ((("commonName", "Test Authority"),),) in subjects
        assert len(subjects) == len(client_context(verify).get_ca_certs()) + 1


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_bundle_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(CannotStart) as refused:
        backend_tls_of(of(bundle))
    assert str(refused.value).startswith(f"--backend-ca-bundle {bundle}: cannot be used: ")
