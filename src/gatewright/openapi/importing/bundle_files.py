"""The files a document is made of: read once each, and never from outside the root file's directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gatewright.openapi.importing import references
from gatewright.openapi.importing.bounds import MOST_BYTES
from gatewright.openapi.importing.source import Pointer, Source, Unreadable, read_source

MOST_FILES = 1_000


class CannotBundle(Exception):
    """A file cannot be read, or refers to what cannot be found. `str` gives `file:line: reason`."""

    def __init__(self, reason: str, file: Path, line: int | None = None) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.reason, self.file, self.line = reason, file, line


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written."""

    file: Path
    pointer: Pointer

    def below(self, part: str | int) -> Place:
        return Place(self.file, (*self.pointer, part))


@dataclass(slots=True)
class Files:
    """Every file read so far, by its path, which begins as the root file's does."""

    root: Path
    sources: dict[Path, Source] = field(default_factory=dict)
    _found: dict[tuple[Path, str], Path] = field(default_factory=dict)  # by directory and name

    def read_root(self) -> dict[str, Any]:
        self.sources[self.root] = self._read(self.root, None)
        return self.sources[self.root].document

    def target(self, reference: str, written: Place) -> Place:
        """The file and place that a reference at `written` names; the file is read. Raises CannotBundle."""
        if references.is_remote(reference):
            raise self.cannot(f"the reference {reference!r} is remote: only files are read", written)
        name, _, fragment = reference.partition("#")
        file = self._find(unquote(name), written) if name else written.file
        if file not in self.sources:
            if len(self.sources) == MOST_FILES:
                raise self.cannot(f"the document has more than {MOST_FILES} files", written)
            self.sources[file] = self._read(file, written)
        return Place(file, references.pointer_of(fragment))

    def value(self, target: Place, written: Place) -> Any:
        """What stands at `target`, which is referred to at `written`."""
        value = references.find(self.sources[target.file].document, target.pointer)
        if value is None:
            where = references.written(target.pointer)
            raise self.cannot(f"there is nothing at {where} of {target.file}", written)
        return value

    def line(self, place: Place) -> int | None:
        return self.sources[place.file].line_of(place.pointer)

    def cannot(self, reason: str, written: Place) -> CannotBundle:
        """What is wrong at a place; of a reference, the line of its `$ref`."""
        return CannotBundle(reason, written.file, self.line(written.below("$ref")))

    def _find(self, name: str, written: Place) -> Path:
        key = (written.file.parent, name)
        if key not in self._found:
            self._found[key] = self._inside(name, written)
        return self._found[key]

    def _inside(self, name: str, written: Place) -> Path:
        """The one spelling of a file named at `written`, links followed."""
        top = self.root.parent.resolve()
        try:
            file = (written.file.parent / name).resolve()
        except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL
            raise self.cannot(f"{name!r} is the name of no file", written) from None
        if file == self.root.resolve():
            return self.root
        if not file.is_relative_to(top):
            raise self.cannot(f"the reference to {name!r} leaves the directory of {self.root}", written)
        return self.root.parent / file.relative_to(top)

    def _read(self, file: Path, written: Place | None) -> Source:
        try:
            if not file.is_file():
                raise FileNotFoundError(0, "there is no such file")
            with file.open("rb") as opened:
                return read_source(opened.read(MOST_BYTES + 1))
        except OSError as error:
            reason = f"{file} cannot be read: {error.strerror}"
            raise (CannotBundle(reason, file) if written is None else self.cannot(reason, written)) from None
        except Unreadable as error:
            raise CannotBundle(error.reason, file, error.line) from None
