"""Keys that sign for integrations: read once for all who wait, renewed, kept when they cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.aws.sigv4 import Secret
from gatewright.gateway import service_keys
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.service_keys import DEFAULT, RENEWED, ServiceKeys
from gatewright.gateway.services import RoleKeys
from gatewright.wire.pending import future_from

ROLE = "arn:aws:iam::123456789012:role/writer"
OLD, NEW = Secret("AKIAOLD", "old"), Secret("ASIANEW", "new", "token")


async def _found(keys: ServiceKeys, role: str = ROLE) -> Secret | None:
    return await future_from(keys.find(role), asyncio.get_running_loop())


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only file that botocore finds keys in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "credentials"


def test_a_profile_counts_once_it_is_there(credentials: Path) -> None:
    async def main() -> None:
        keys = ServiceKeys(asyncio.get_running_loop(), {ROLE: RoleKeys(profile="writer")})
        with pytest.raises(GatewayError) as caught:
            await _found(keys)
        assert "does not have permission to assume the provided role" in caught.value.reason
        assert "writer" in caught.value.detail
        credentials.write_text("[writer]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n")
        assert await _found(keys) == OLD
        assert await _found(keys, DEFAULT) is None  # and the service hears an unsigned request
        keys.close()

    asyncio.run(main())


def test_keys_are_renewed_and_kept_when_they_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Secret | Exception] = [OLD, ValueError("STS is away"), NEW]
    looks: list[str] = []
    now = 0.0

    def reader(role: str, _keys: RoleKeys) -> Callable[[], Secret | None]:
        def read() -> Secret | None:
            looks.append(role)
            outcome = outcomes.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return read

    async def main() -> None:
        nonlocal now
        loop = asyncio.get_running_loop()
        keys = ServiceKeys(loop, {ROLE: RoleKeys(profile="p")}, clock=lambda: now)
        assert await asyncio.gather(*(_found(keys) for _ in range(5))) == [OLD] * 5
        while (found := await _found(keys)) == OLD:  # what is at hand serves while the look goes on beside
            now += RENEWED
            await asyncio.sleep(0)
        assert found == NEW
        assert len(looks) == 3
        keys.close()

    monkeypatch.setattr(service_keys, "_reader", reader)
    asyncio.run(main())
