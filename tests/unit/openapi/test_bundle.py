"""One document of several files: what is put where, where it came from, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from gatewright.openapi.importing.bundle import CannotBundle, bundle

Write = Callable[..., Path]

ROOT = """\
openapi: 3.0.1
paths:
  /pets:
    $ref: paths/pets.yaml
components:
  schemas:
    Pet:
      $ref: schemas/pet.json
    Local:
      $ref: '#/components/schemas/Pet'
"""
PETS = """\
get:
  responses:
    200:
      $ref: ../answers.yaml#/found~1it
    default:
      $ref: '#/shared'
post:
  requestBody:
    content:
      application/json:
        schema: {$ref: ../schemas/pet.json}
shared:
  description: any
"""
ANSWERS = """\
found/it:
  content:
    application/json:
      schema:
        type: array
        items: {$ref: 'schemas/owner.yaml#/definitions/Owner'}
"""
PET = """{
  "type": "object",
  "properties": {
    "owner": {"$ref": "owner.yaml#/definitions/Owner"},
    "parent": {"$ref": "#"},
    "root": {"$ref": "../api.yaml#/components/schemas/Local"}
  }
}"""
OWNER = """\
definitions:
  Owner:
    properties:
      pets: {type: array, items: {$ref: pet.json}}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(**files: str) -> Path:
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_", ".")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return tmp_path / "api.yaml"

    return write


@pytest.fixture
def pets(write: Write) -> Path:
    return write(
        api_yaml=ROOT,
        paths__pets_yaml=PETS,
        answers_yaml=ANSWERS,
        schemas__pet_json=PET,
        schemas__owner_yaml=OWNER,
    )


def test_files_become_one_document(pets: Path) -> None:
    pet, owner = {"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Owner"}
    document: Any = orjson.loads(bundle(pets).text)
    get, post = document["paths"]["/pets"]["get"], document["paths"]["/pets"]["post"]
    assert get["responses"]["200"] == {
        "content": {"application/json": {"schema": {"type": "array", "items": owner}}}
    }
    assert get["responses"]["default"] == {"description": "any"}
    assert post["requestBody"] == {"content": {"application/json": {"schema": pet}}}
    assert document["components"]["schemas"] == {
        "Pet": {
            "type": "object",
            "properties": {
                "owner": owner,
                "parent": pet,
                "root": {"$ref": "#/components/schemas/Local"},
            },
        },
        "Local": pet,
        "Owner": {"properties": {"pets": {"type": "array", "items": pet}}},
    }


def test_every_place_is_found_in_its_file(pets: Path) -> None:
    made = bundle(pets)
    where = pets.parent
    assert {file.relative_to(where).as_posix() for file in made.files} == {
        "api.yaml",
        "answers.yaml",
        "paths/pets.yaml",
        "schemas/owner.yaml",
        "schemas/pet.json",
    }
    assert made.files[0] == pets
    assert made.locate(("paths", "/pets")) == (where / "paths/pets.yaml", 1)
    assert made.locate(("paths", "/pets", "post")) == (where / "paths/pets.yaml", 7)
    assert made.locate(("paths", "/pets", "get", "responses", "200", "content")) == (
        where / "answers.yaml",
        2,
    )
    assert made.locate(("components", "schemas", "Pet", "properties", "owner")) == (
        where / "schemas/pet.json",
        4,
    )
    assert made.locate(("components", "schemas", "Owner", "properties")) == (where / "schemas/owner.yaml", 3)
    assert made.locate(("components", "schemas")) == (pets, 6)


def test_a_file_by_itself_keeps_its_text(write: Write) -> None:
    text = "swagger: '2.0' # as written\nx: {$ref: '#/y'}\ny: 1\n"
    made = bundle(write(api_yaml=text))
    assert made.text == text.encode()
    assert made.locate(("y",)) == (made.files[0], 3)


def test_names_that_are_taken_get_a_number(write: Write) -> None:
    root = (
        "swagger: '2.0'\ndefinitions: {dog: {type: string}}\n"
        "a: {schema: {$ref: dog.yaml}}\nb: {schema: {$ref: 'more-dogs.yaml#/dog'}}\n"
        "c: {schema: {$ref: 'more-dogs.yaml'}}\n"
    )
    dogs = {"dog_yaml": "type: object\n", "more-dogs_yaml": "dog: {type: array}\n"}
    document: Any = orjson.loads(bundle(write(api_yaml=root, **dogs)).text)
    assert document["definitions"] == {
        "dog": {"type": "string"},
        "dog2": {"type": "object"},
        "dog3": {"type": "array"},
        "moredogs": {"dog": {"type": "array"}},
    }
    assert document["a"] == {"schema": {"$ref": "#/definitions/dog2"}}


def test_urls_of_models_are_left(write: Write) -> None:
    url = "https://apigateway.amazonaws.com/restapis/abc/models/Pet"
    root = f"a: {{$ref: '{url}'}}\nb: {{$ref: more.yaml}}\n"
    document = orjson.loads(bundle(write(api_yaml=root, more_yaml=f"c: {{$ref: '{url}'}}")).text)
    assert document == {"a": {"$ref": url}, "b": {"c": {"$ref": url}}}


@pytest.mark.parametrize(
    ("root", "reason", "line"),
    [
        ("a:\n  $ref: http://a.example/b.yaml", "'http://a.example/b.yaml' is remote", 2),
        ("a:\n  $ref: //a.example/b.yaml", "'//a.example/b.yaml' is remote", 2),
        ("a:\n  $ref: file:///etc/passwd", "'file:///etc/passwd' is remote", 2),
        ("a:\n  $ref: ../outside.yaml", "'../outside.yaml' leaves the directory of", 2),
        ("a:\n  $ref: /etc/passwd", "'/etc/passwd' leaves the directory of", 2),
        ("a:\n  $ref: link.yaml", "'link.yaml' leaves the directory of", 2),
        ("a:\n  $ref: '%2e%2e/outside.yaml'", "'../outside.yaml' leaves the directory of", 2),
        ("a:\n  $ref: a%00b", "'a\\x00b' is the name of no file", 2),
        ("a:\n  $ref: circle.yaml", "circle.yaml", 2),
        ("a:\n  $ref: none.yaml", "none.yaml cannot be read: there is no such file", 2),
        ("a:\n  $ref: more.yaml#/none", "there is nothing at #/none of", 2),
        ("a:\n  $ref: more.yaml#/loop", "'#/loop' leads back to itself", 1),
        ("a: &x\n  - 1\nb: *y", "the alias 'y' has no anchor before it", 3),
    ],
)
def test_refusals(write: Write, root: str, reason: str, line: int) -> None:
    path = write(api_yaml=root, more_yaml="loop: {$ref: '#/loop'}\n")
    path.with_name("link.yaml").symlink_to("/etc/hostname")
    path.with_name("circle.yaml").symlink_to("circle.yaml")
    with pytest.raises(CannotBundle) as raised:
        bundle(path)
    assert reason in raised.value.reason
    assert raised.value.line == line
    assert str(raised.value) == f"{raised.value.file}:{line}: {raised.value.reason}"


def test_the_root_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CannotBundle, match="cannot be read: there is no such file"):
        bundle(tmp_path / "none.yaml")


def test_references_that_multiply_are_refused(write: Write) -> None:
    many = {f"f{n}_yaml": f"all: [{f'{{$ref: f{n + 1}.yaml}}, ' * 40}]" for n in range(6)}
    path = write(api_yaml="a: {$ref: f0.yaml}", f6_yaml=f"x: {'y' * 10_000}", **many)
    with pytest.raises(CannotBundle, match="has more than 20971520 bytes"):
        bundle(path)
