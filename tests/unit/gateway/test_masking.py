"""What the owner does not read of a request."""

from __future__ import annotations

import pytest
from tests.support.issuer import Issuer

from gatewright.gateway.masking import mask_headers

TOKEN = Issuer("https://issuer.example.com").sign()


@pytest.mark.parametrize("name", ["X-Token", "x-amzn-oidc-data", "Authorization"])
@pytest.mark.parametrize("sent", [TOKEN, f"Bearer {TOKEN}", f" bearer  {TOKEN}"])
def test_signed_tokens_are_masked_in_any_header(name: str, sent: str) -> None:
    shown = mask_headers({name: sent})[name]
    assert shown == "*" * (len(sent) - 6) + sent[-6:]


@pytest.mark.parametrize("value", ["a.b.c", "eyJ", "eyJhbGciOiJub25lIn0", "1.2.3", "text eyJa.b"])
def test_what_is_no_token_is_shown(value: str) -> None:
    assert mask_headers({"X-Any": value}) == {"X-Any": value}
