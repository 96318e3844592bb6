"""One document of a file and the files it refers to, with every place's own file and line kept findable.

A schema of another file becomes a schema of the document, so that it is one model however often it is
named; anything else is put where it is referred to. Nothing is fetched over the network, as
the real importer fetches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from gatewright.openapi.importing import references
from gatewright.openapi.importing.bounds import MOST_DEPTH, MOST_EXPANDED
from gatewright.openapi.importing.bundle_files import CannotBundle, Files, Place
from gatewright.openapi.importing.source import Pointer

__all__ = ["Bundle", "CannotBundle", "bundle"]

_NOT_ALPHANUMERIC = re.compile(r"[^a-zA-Z0-9]+")
_SCHEMAS = ("schema", "schemas", "definitions")  # what stands below these is a schema


@dataclass(frozen=True, slots=True)
class Bundle:
    """`text` is the whole document: the root file's own text if it refers to no other file."""

    text: bytes
    files: tuple[Path, ...]  # the root file first
    _files: Files
    _origins: dict[Pointer, Place]

    def locate(self, pointer: Pointer) -> tuple[Path, int | None]:
        """The file and line at which a place of the document was written."""
        for length in range(len(pointer), -1, -1):
            origin = self._origins.get(pointer[:length])
            if origin is not None:
                place = Place(origin.file, (*origin.pointer, *pointer[length:]))
                return place.file, self._files.line(place)
        root = Place(self._files.root, pointer)
        return root.file, self._files.line(root)


def bundle(path: Path) -> Bundle:
    """Raises `CannotBundle`."""
    files = Files(path)
    return _Bundler(files, files.read_root()).bundle()


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value on its way into the document."""

    written: Place
    place: Pointer  # where it stands in the document
    schema: bool = False
    inside: tuple[Place, ...] = ()  # the places whose references led here

    def below(self, part: str | int) -> _Spot:
        schema = self.schema or part in _SCHEMAS
        return _Spot(self.written.below(part), (*self.place, part), schema, self.inside)


@dataclass(slots=True)
class _Bundler:
    files: Files
    document: dict[str, Any]
    origins: dict[Pointer, Place] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)  # schemas of other files, by the name they get
    waiting: list[Place] = field(default_factory=list)
    weight: int = 0

    def bundle(self) -> Bundle:
        root = self.files.root
        self._name_schemas_in_place()
        whole = self._copied(self.document, _Spot(Place(root, ()), ()))
        while self.waiting:
            self._add_schema(whole, self.waiting.pop())
        unchanged = whole == self.document
        text = self.files.sources[root].text.encode() if unchanged else orjson.dumps(whole)
        return Bundle(text, tuple(self.files.sources), self.files, self.origins)

    @property
    def _section(self) -> Pointer:
        return ("definitions",) if "swagger" in self.document else ("components", "schemas")

    def _schemas(self) -> dict[str, Any]:
        schemas = references.find(self.document, self._section)
        return schemas if isinstance(schemas, dict) else {}

    def _name_schemas_in_place(self) -> None:
        """A schema that is no more than a reference to another file keeps the name it has."""
        for name, schema in self._schemas().items():
            reference = references.reference(schema)
            written = Place(self.files.root, (*self._section, name))
            if reference is not None and self._leads_away(reference, written):
                self.names.setdefault(self.files.target(reference, written), name)

    def _leads_away(self, reference: str, written: Place) -> bool:
        """Whether a reference has to be followed: a local one of the root file means the document itself."""
        if references.model_of_url(reference) is not None:
            return False
        return written.file != self.files.root or not reference.startswith("#")

    def _copied(self, value: Any, spot: _Spot) -> Any:
        self._bound(value, spot)
        reference = references.reference(value)
        if reference is not None and self._leads_away(reference, spot.written):
            return self._followed(reference, spot)
        if isinstance(value, list):
            return [self._copied(item, spot.below(index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._copied(item, spot.below(name)) for name, item in value.items()}
        return value

    def _followed(self, reference: str, spot: _Spot) -> Any:
        target = self.files.target(reference, spot.written)
        value = self.files.value(target, spot.written)
        if target.file == self.files.root:
            return {"$ref": references.written(target.pointer)}
        if spot.schema and spot.place != (*self._section, self.names.get(target)):
            return {"$ref": references.written((*self._section, self._name(target)))}
        if target in spot.inside:
            raise self.files.cannot(f"the reference {reference!r} leads back to itself", spot.written)
        self.origins[spot.place] = target
        return self._copied(value, replace(spot, written=target, inside=(*spot.inside, target)))

    def _name(self, target: Place) -> str:
        """The name under which a schema of another file stands in the document; it is added if it is new."""
        if target not in self.names:
            taken = {*self.names.values(), *self._schemas()}
            wanted = str(target.pointer[-1]) if target.pointer else target.file.stem
            self.names[target] = _free(_NOT_ALPHANUMERIC.sub("", wanted) or "Schema", taken)
            self.waiting.append(target)
        return self.names[target]

    def _add_schema(self, whole: dict[str, Any], target: Place) -> None:
        name = self.names[target]
        place = (*self._section, name)
        self.origins[place] = target
        spot = _Spot(target, place, schema=True, inside=(target,))
        schemas: Any = whole
        for part in self._section:
            schemas = schemas.setdefault(part, {})
            if not isinstance(schemas, dict):
                raise self.files.cannot(f"{part} must be an object", Place(self.files.root, self._section))
        schemas[name] = self._copied(self.files.value(target, target), spot)

    def _bound(self, value: Any, spot: _Spot) -> None:
        self.weight += 1 + len(value) if isinstance(value, str) else 1
        if self.weight > MOST_EXPANDED:
            reason = f"the document with what it refers to has more than {MOST_EXPANDED} bytes"
            raise self.files.cannot(reason, spot.written)
        if len(spot.place) > MOST_DEPTH:
            raise self.files.cannot(f"the document is nested deeper than {MOST_DEPTH} levels", spot.written)


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with the first number after it that nothing has."""
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free
