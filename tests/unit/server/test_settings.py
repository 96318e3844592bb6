from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gatewright.server.address import Address
from gatewright.server.settings import Limits, Settings, reloaded, usable_cores

SETTINGS = Settings(
    Path("/data"),
    Address("127.0.0.1", 8080),
    Address("::1", 8081),
    workers=3,
    tls_cert=Path("/tls/cert.pem"),
    tls_key=Path("/tls/key.pem"),
    backend_ca_bundle=Path("/tls/roots.pem"),
    lambda_endpoint="https://lambda.example",
    drain_timeout=1.5,
    limits=Limits(body_bytes=5),
)


def test_the_document_for_children_says_everything() -> None:
    assert Settings.from_json(SETTINGS.to_json()) == SETTINGS
    plain = Settings(Path("/data"))
    assert Settings.from_json(plain.to_json()) == plain


def test_the_scheme_follows_the_certificate() -> None:
    assert SETTINGS.scheme == "https"
    assert Settings(Path("/data")).scheme == "http"


def test_a_reload_takes_what_may_change_and_names_what_may_not() -> None:
    follows: dict[str, Any] = {"drain_timeout": 9.0, "valkey": "valkey://other"}
    read = replace(SETTINGS, workers=8, data_dir=Path("/other"), catalog="postgresql://other/db", **follows)
    settings, waiting = reloaded(SETTINGS, read)
    assert waiting == ["data_dir", "catalog", "workers"]
    assert settings == replace(SETTINGS, **follows)


def test_a_port_that_the_system_chose_is_no_change() -> None:
    read = replace(SETTINGS, listen=Address("127.0.0.1", 0))
    assert reloaded(SETTINGS, read) == (SETTINGS, [])
    assert reloaded(SETTINGS, replace(read, listen=Address("0.0.0.0", 0)))[1] == ["listen"]


def test_there_is_a_core_to_use() -> None:
    assert usable_cores() >= 1
