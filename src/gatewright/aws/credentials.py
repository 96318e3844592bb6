"""Access keys, kept in the shared credentials file that every AWS SDK and the CLI read."""

from __future__ import annotations

import configparser
import secrets
import string
from pathlib import Path

from gatewright.aws import private_file
from gatewright.aws.sigv4 import Secret

PROFILE = "default"

_KEY_ID_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits + "+/"


class CredentialsUnusable(Exception):
    """The credentials file cannot be read or made; the message names the file and the remedy."""


def new_id(prefix: str, length: int) -> str:
    """An identifier of AWS's form: `prefix` and `length` more capitals and digits."""
    return prefix + "".join(secrets.choice(_KEY_ID_LETTERS) for _ in range(length))


def new_secret() -> Secret:
    """A long-term access key of the form AWS gives its users: `AKIA` and 16 characters, 40 of secret."""
    return Secret(new_id("AKIA", 16), _random_text(40))


def new_session_secret(expires: float) -> Secret:
    """Temporary keys: `ASIA` and 16 characters, and a session token that goes with them until `expires`."""
    return Secret(new_id("ASIA", 16), _random_text(40), _random_text(120), expires)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(length))


def ensure_credentials(path: Path, region: str | None = None) -> Secret:
    """The key in `path`; a new one is made and written, for its owner's eyes only, if there is no file.

    With `region` in the file, AWS's tools need to be told of nothing else.
    """
    if not path.exists():
        create_credentials(path, new_secret(), region)
    return read_credentials(path)


def create_credentials(path: Path, secret: Secret, region: str | None = None) -> None:
    """Write a new file, whole or not at all; one that is there already is left as it is."""
    try:
        private_file.create(path, _text(secret, region))
    except OSError as error:
        raise CredentialsUnusable(
            f"The credentials file {path} cannot be made ({error.strerror}): "
            "let this user write to its directory, or put a file of your own there"
        ) from error


def read_credentials(path: Path) -> Secret:
    """The key of the `[default]` profile; raises `CredentialsUnusable`."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text())
        profile = parser[PROFILE]
        return Secret(profile["aws_access_key_id"], profile["aws_secret_access_key"])
    except OSError as error:
        raise CredentialsUnusable(f"The credentials file {path} cannot be read ({error.strerror})") from error
    except (configparser.Error, KeyError, UnicodeDecodeError):
        # Without the cause: a parser's message quotes the line, which may be a secret.
        raise CredentialsUnusable(
            f"The credentials file {path} has no usable [{PROFILE}] profile: it needs aws_access_key_id and "
            "aws_secret_access_key; remove the file to have a new key made"
        ) from None


class CredentialsFile:
    """The key in a file, read again when the file changes, so that it can be replaced without a restart.

    A file that is missing or cannot be read holds no key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, Secret | None] = (0, None)  # when the file was written, and its key

    def find(self, access_key: str) -> Secret | None:
        secret = self._secret()
        return secret if secret is not None and secret.access_key == access_key else None

    def _secret(self) -> Secret | None:
        try:
            written = self._path.stat().st_mtime_ns
            if written != self._known[0]:
                self._known = (written, read_credentials(self._path))
        except (OSError, CredentialsUnusable):
            self._known = (0, None)
        return self._known[1]


def _text(secret: Secret, region: str | None) -> str:
    lines = [
        f"[{PROFILE}]",
        f"aws_access_key_id = {secret.access_key}",
        f"aws_secret_access_key = {secret.secret_key}",
        *([f"region = {region}"] if region else []),
    ]
    return "\n".join(lines) + "\n"
