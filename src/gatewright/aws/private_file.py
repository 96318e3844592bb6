"""Files for their owner's eyes only, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create(path: Path, text: str) -> None:
    """Write a new file, whole or not at all, mode 0600; one that is there already is left as it is.

    Raises OSError.
    """
    draft = _draft(path)
    try:
        _write(draft, text)
        os.link(draft, path)  # unlike a rename, it does not replace
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
    _sync_directory(path.parent)


def replace(path: Path, text: str) -> None:
    """The same, in place of what is there. Raises OSError."""
    draft = _draft(path)
    try:
        _write(draft, text)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _draft(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
