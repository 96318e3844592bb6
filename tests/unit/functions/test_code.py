"""Zips are unpacked whole, inside their directory and within bounds, or not at all."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from gatewright.functions.code import BadCode, fingerprint, unpack

LIMIT = 1_000_000
Entry = tuple[str, bytes, int]


def archive(*entries: Entry) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            opened.writestr(info, content)
    return buffer.getvalue()


def file(name: str, content: bytes = b"x", mode: int = stat.S_IFREG | 0o644) -> Entry:
    return name, content, mode


def link(name: str, target: str) -> Entry:
    return name, target.encode(), stat.S_IFLNK | 0o777


def test_files_folders_and_modes(tmp_path: Path) -> None:
    target = tmp_path / "code"
    content = archive(
        file("app.py", b"code"),
        file("bin/tool", b"tool", stat.S_IFREG | 0o700),
        file("empty/", b"", stat.S_IFDIR | 0o755),
        file("private", b"p", stat.S_IFREG),
    )
    unpack(content, target, LIMIT)
    assert (target / "app.py").read_bytes() == b"code"
    assert (target / "empty").is_dir()
    modes = {name: stat.S_IMODE((target / name).stat().st_mode) for name in ("app.py", "bin/tool", "private")}
    assert modes == {"app.py": 0o644, "bin/tool": 0o755, "private": 0o644}
    assert [path.name for path in tmp_path.iterdir()] == ["code"]


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    unpack(b"not looked at", tmp_path / "code", LIMIT)
    assert list((tmp_path / "code").iterdir()) == []


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil", "..\\evil", "a/.."])
def test_an_entry_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadCode, match="is not a path inside the function's directory"):
        unpack(archive(file("app.py"), file(name)), tmp_path / "inner" / "code", LIMIT)
    assert [path.name for path in tmp_path.rglob("*")] == ["inner"]


def test_links_inside_are_kept(tmp_path: Path) -> None:
    content = archive(link("bin/run", "../lib/run.py"), file("lib/run.py", b"run"))
    unpack(content, tmp_path / "code", LIMIT)
    assert (tmp_path / "code" / "bin" / "run").read_bytes() == b"run"


@pytest.mark.parametrize(
    "links",
    [
        [link("out", "/etc")],
        [link("out", "../..")],
        [link("here", "."), link("out", "here/../../x")],
    ],
)
def test_links_that_lead_out_are_refused(tmp_path: Path, links: list[Entry]) -> None:
    with pytest.raises(BadCode, match="leads out of the function's directory"):
        unpack(archive(*links), tmp_path / "code", LIMIT)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    content = archive(link("door", str(outside)), file("door/evil"))
    with pytest.raises(OSError, match="exists"):
        unpack(content, tmp_path / "code", LIMIT)
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "code").exists()


def test_a_bomb_is_stopped_at_the_limit(tmp_path: Path) -> None:
    content = archive(file("a", bytes(600_000)), file("b", bytes(600_000)))
    with pytest.raises(BadCode, match="Unzipped size is over the limit"):
        unpack(content, tmp_path / "code", LIMIT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", archive(file("a", os.urandom(500)))[:-40]])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadCode, match="Could not unzip uploaded file"):
        unpack(content, tmp_path / "code", LIMIT)


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    content = bytearray(archive(file("a", b"some text that is long enough to be compressed " * 20)))
    content[45] ^= 0xFF
    with pytest.raises(BadCode, match="Could not unzip uploaded file"):
        unpack(bytes(content), tmp_path / "code", LIMIT)


def test_the_fingerprint_moves_with_every_change_of_a_file(tmp_path: Path) -> None:
    seen = {fingerprint(tmp_path)}
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("1")
    seen.add(fingerprint(tmp_path))
    (tmp_path / "lib" / "a.py").write_text("22")
    seen.add(fingerprint(tmp_path))
    os.utime(tmp_path / "lib" / "a.py", ns=(1, 1))
    seen.add(fingerprint(tmp_path))
    (tmp_path / "lib" / "a.py").rename(tmp_path / "lib" / "b.py")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 5


def test_the_fingerprint_ignores_what_runs_leave_behind(tmp_path: Path) -> None:
    before = fingerprint(tmp_path)
    for folder in ("__pycache__", "node_modules", ".git"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text("x")
    assert fingerprint(tmp_path) == before
