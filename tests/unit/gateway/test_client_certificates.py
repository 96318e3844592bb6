"""What a stage shows to backends: read with its private key, or the stage is not compiled."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gatewright.catalog import keys
from gatewright.gateway.client_certificates import stage_certificate
from gatewright.gateway.errors import CannotCompile
from gatewright.wire.client_certificate import ClientCertificate

CERTIFICATE = {keys.client_certificate("abc123"): {"pemEncodedCertificate": "certificate"}}
KEY = {keys.client_certificate_key("abc123"): {"privateKey": "key"}}


def of(stage: dict[str, Any], documents: dict[str, Any]) -> ClientCertificate | None:
    return stage_certificate(cast(Any, documents), {"stageName": "prod", **stage})


def test_a_stage_shows_the_one_that_it_names() -> None:
    shown = of({"clientCertificateId": "abc123"}, CERTIFICATE | KEY)
    assert shown == ClientCertificate("certificate", "key")


@pytest.mark.parametrize("stage", [{}, {"clientCertificateId": ""}])
def test_a_stage_that_names_none_shows_none(stage: dict[str, Any]) -> None:
    assert of(stage, CERTIFICATE | KEY) is None


@pytest.mark.parametrize("documents", [{}, CERTIFICATE, KEY])
def test_a_stage_is_not_served_without_the_one_that_it_names(documents: dict[str, Any]) -> None:
    with pytest.raises(CannotCompile, match="client certificate abc123 does not exist"):
        of({"clientCertificateId": "abc123"}, documents)
