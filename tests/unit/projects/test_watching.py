"""Changes of files, however they are written; each wait ends because of one, or the bound fails the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.projects.watching import Watch

BOUND = 20.0


def write_in_place(file: Path) -> None:
    file.write_text("changed")


def write_anew(file: Path) -> None:
    """As most editors save: a new file takes the old one's name."""
    other = file.with_suffix(".tmp")
    other.write_text("changed")
    other.replace(file)


def remove(file: Path) -> None:
    file.unlink()


def seen(watch: Watch, change: Callable[[], object]) -> None:
    async def run() -> None:
        waiting = asyncio.create_task(watch.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        await asyncio.to_thread(change)
        await asyncio.wait_for(waiting, BOUND)

    asyncio.run(run())


@pytest.mark.parametrize("change", [write_in_place, write_anew, remove])
def test_a_file_that_is_written_or_removed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("first")
    watch = Watch(lambda: [file])
    seen(watch, lambda: change(file))
    seen(watch, lambda: file.write_text("once more"))


def test_a_file_that_was_missing(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    seen(Watch(lambda: [file]), lambda: file.write_text("first"))


def test_a_change_that_came_while_nobody_waited(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("first")
    watch = Watch(lambda: [file])
    file.write_text("changed")
    asyncio.run(asyncio.wait_for(watch.changed(), BOUND))


def test_files_in_a_directory_but_for_what_python_leaves_there(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    watch = Watch(lambda: [tmp_path])

    def change() -> None:
        (tmp_path / "lib" / "__pycache__").mkdir()
        (tmp_path / "lib" / "__pycache__" / "one.pyc").write_text("")
        (tmp_path / "lib" / "one.py").write_text("")

    seen(watch, change)


def test_a_path_that_is_watched_from_now_on_is_no_change_itself(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("")
    second.write_text("")
    watched = [first]
    watch = Watch(lambda: watched)
    watched.append(second)
    seen(watch, lambda: second.write_text("changed"))
