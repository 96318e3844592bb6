"""A function's files on disk: zips unpacked safely, directories watched for hot reload."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ENTRIES = 100_000  # files in one zip: far over any real function, far under what fills a file system's inodes
WATCHED_FILES = 5_000  # hot reload looks at no more files than this: the scan runs between invocations
UNWATCHED = frozenset({"node_modules", "__pycache__", ".git", ".venv"})
_CHUNK = 1 << 20
_LINK_BYTES = 4_096  # of a link's target
_LINKS_FOLLOWED = 40  # as many as Linux follows


class BadCode(Exception):
    """The zip cannot be unpacked; the message says why, for whoever uploaded it."""


def unpack(content: bytes, target: Path, limit: int) -> None:
    """Unpack a zip into `target`, which appears complete or not at all; at most `limit` bytes of files.

    Several threads and processes may unpack the same code at once: the first to finish wins, the others' work
    is dropped.
    """
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        building.chmod(0o755)
        _extract(content, building, limit)
        os.rename(building, target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def check_paths(archive: zipfile.ZipFile) -> None:
    """Raises BadCode for a zip with too many entries, or with a name or a link that leads out of it."""
    entries = _entries(archive)
    links: dict[tuple[str, ...], str] = {}
    for entry in entries:
        path = _inside(entry.filename)
        if _is_link(entry):
            links[path.parts] = archive.read(entry)[:_LINK_BYTES].decode()
    for parts in links:
        if not _stays_inside(parts, links):
            raise _leads_out("/".join(parts))


def _stays_inside(path: tuple[str, ...], links: dict[tuple[str, ...], str]) -> bool:
    """Whether the path, its links followed, is below the root. A loop of links leads nowhere, so it stays."""
    ahead, reached, followed = list(reversed(path)), list[str](), 0
    while ahead and followed < _LINKS_FOLLOWED:
        step = ahead.pop()
        if step == "..":
            if not reached:
                return False
            reached.pop()
            continue
        target = links.get((*reached, step))
        if target is None:
            reached.append(step)
        elif target.startswith("/"):
            return False
        else:
            followed += 1
            ahead.extend(reversed(PurePosixPath(target).parts))
    return True


def _extract(content: bytes, root: Path, limit: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _write_entries(archive, root, limit)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadCode(
            f"Could not unzip uploaded file: {error}. Please check your file, then try again."
        ) from error


def _write_entries(archive: zipfile.ZipFile, root: Path, limit: int) -> None:
    links = []
    for entry in _entries(archive):
        path = root / _inside(entry.filename)
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        elif _is_link(entry):
            links.append((path, entry))
        else:
            limit -= _write_file(archive, entry, path, limit)
    # Links come last, so that no file was written through one; then each must lead to somewhere inside.
    for path, entry in links:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(archive.read(entry)[:_LINK_BYTES].decode(), path)
    for path, entry in links:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
            raise _leads_out(entry.filename)


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise BadCode(f"The zip holds {len(entries)} entries; at most {ENTRIES} are unpacked.")
    return entries


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and stat.S_ISLNK(entry.external_attr >> 16)


def _leads_out(name: str) -> BadCode:
    return BadCode(f"The zip's link '{name[:200]}' leads out of the function's directory.")


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise BadCode(f"The zip's entry '{name[:200]}' is not a path inside the function's directory.")
    return path


def _write_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, limit: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("wb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > limit:
                raise BadCode(
                    "Unzipped size is over the limit: remove files from the zip, or raise the limit."
                )
            file.write(chunk)
    path.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
    return written


def fingerprint(directory: Path) -> int:
    """A number that changes when a file below `directory` is written, added or removed."""
    return hash(tuple(_file_states(directory)))


def _file_states(directory: Path) -> Iterator[tuple[str, int, int]]:
    """Path, modification time and size of each watched file, at most WATCHED_FILES of them."""
    remaining = WATCHED_FILES
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if name not in UNWATCHED)
        for name in sorted(files)[:remaining]:
            path = os.path.join(folder, name)
            try:
                state = os.stat(path)
            except OSError:
                continue  # removed while we look: its absence is the change
            yield path, state.st_mtime_ns, state.st_size
        remaining -= len(files)
        if remaining <= 0:
            return
