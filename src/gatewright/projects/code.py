"""A directory as a function's code: what Lambda's operations take, and the digest that they answer with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

HOT_RELOAD = "hot-reload"  # the bucket that stands for the node's own directories
MOST_BYTES = 250 * 2**20  # of one function's files: Lambda's quota
NOT_CODE = ("__pycache__", ".git", ".venv")
EPOCH = (1980, 1, 1, 0, 0, 0)  # so that equal files give equal zips


def by_directory(directory: Path) -> tuple[Mapping[str, Any], bytes]:
    """For a node on this machine, which follows edits itself."""
    path = str(directory.absolute())
    return {"S3Bucket": HOT_RELOAD, "S3Key": path}, sha256(path.encode()).digest()


def by_zip(directory: Path) -> tuple[Mapping[str, Any], bytes]:
    """For any node. Raises ValueError for a directory that is too large or empty."""
    files = sorted(_files(directory))
    if not files:
        raise ValueError(f"{directory} holds no files")
    size = sum(file.stat().st_size for file in files)
    if size > MOST_BYTES:
        raise ValueError(f"{directory} holds {size} bytes; a function may have {MOST_BYTES}")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(directory).as_posix(), EPOCH)
            entry.external_attr = (0o755 if file.stat().st_mode & 0o100 else 0o644) << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return {"ZipFile": content.getvalue()}, sha256(content.getvalue()).digest()


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        inside = path.relative_to(directory)
        if path.is_file() and not any(part in NOT_CODE for part in inside.parts):
            yield path
