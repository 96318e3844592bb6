"""The node's key in a file that AWS's own tools read."""

from __future__ import annotations

import re
import stat
import threading
from pathlib import Path

import botocore.session
import pytest
from botocore.credentials import SharedCredentialProvider

from gatewright.aws.credentials import (
    CredentialsUnusable,
    create_credentials,
    ensure_credentials,
    new_secret,
    read_credentials,
)
from gatewright.aws.sigv4 import Secret


def test_a_new_key_has_amazons_form() -> None:
    secret = new_secret()
    assert re.fullmatch("AKIA[A-Z2-7]{16}", secret.access_key)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", secret.secret_key)
    assert new_secret() != secret


def test_the_first_start_makes_the_file_and_the_next_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "credentials"
    made = ensure_credentials(path)
    assert ensure_credentials(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_botocore_reads_the_file(tmp_path: Path) -> None:
    made = ensure_credentials(tmp_path / "credentials")
    provider = SharedCredentialProvider(str(tmp_path / "credentials"), "default")
    loaded = provider.load()
    assert loaded is not None
    assert (loaded.access_key, loaded.secret_key) == (made.access_key, made.secret_key)


def test_the_file_is_all_that_amazons_tools_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ensure_credentials(tmp_path / "credentials", "eu-west-1")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    session = botocore.session.Session()
    loaded = session.get_credentials()
    assert loaded is not None
    assert (session.get_config_variable("region"), loaded.access_key) == ("eu-west-1", made.access_key)


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("# mine\n[default]\naws_access_key_id=AKIAMINE\naws_secret_access_key = a%b=c\n")
    create_credentials(path, new_secret())
    assert ensure_credentials(path) == Secret("AKIAMINE", "a%b=c")


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path, found = tmp_path / "credentials", []
    threads = [threading.Thread(target=lambda: found.append(ensure_credentials(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len({secret.access_key for secret in found}) == 1


@pytest.mark.parametrize(
    "text", ["", "[default]\n", "[default]\naws_access_key_id = AKIA\n", "hush-hush\n", "[default\n", "\xff"]
)
def test_a_file_without_a_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(
        CredentialsUnusable, match=r"credentials has no usable \[default\] profile"
    ) as refused:
        read_credentials(path)
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_that_cannot_be_made_or_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CredentialsUnusable, match="file/credentials cannot be made"):
        ensure_credentials(tmp_path / "file" / "credentials")
    with pytest.raises(CredentialsUnusable, match="cannot be read"):
        read_credentials(tmp_path)
