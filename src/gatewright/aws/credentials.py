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


def new_secret() -> Secret:
    """A long-term access key of the form AWS gives its users: `AKIA` and 16 characters, 40 of secret."""
    key = "AKIA" + "".join(secrets.choice(_KEY_ID_LETTERS) for _ in range(16))
    return Secret(key, "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40)))


def ensure_credentials(path: Path) -> Secret:
    """The key in `path`; a new one is made and written, for its owner's eyes only, if there is no file."""
    if not path.exists():
        create_credentials(path, new_secret())
    return read_credentials(path)


def create_credentials(path: Path, secret: Secret) -> None:
    """Write a new file, whole or not at all; one that is there already is left as it is."""
    try:
        private_file.create(path, _text(secret))
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


def _text(secret: Secret) -> str:
    return (
        f"[{PROFILE}]\naws_access_key_id = {secret.access_key}\naws_secret_access_key = {secret.secret_key}\n"
    )
