"""Generated files: whatever owners call things, they are the code that was meant and nothing else."""

from __future__ import annotations

import ast
import io
import json
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.openapi.sdk.interface import Body, Interface, Operation, Parameter, interface
from gatewright.openapi.sdk.javascript_package import javascript_package
from gatewright.openapi.sdk.package import BadSetting, archive, read_settings
from gatewright.openapi.sdk.python_package import python_package

NASTY = '"""\\"; */ ${x} `\n\r\u2028\u0000\x7f</script> # {} \U0001f600'
REFERENCE = {"$ref": "#/components/schemas/Model0"}

TEXTS = st.text(max_size=12) | st.sampled_from([NASTY, "class", "self", "then", "constructor", "1", "models"])
NAMES = st.text("abcXYZ019", min_size=1, max_size=6) | st.sampled_from(
    ["None", "Any", "string", "str", "class"]
)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([{}, REFERENCE, {"$ref": "#/x"}, {"type": ["string", "null"]}, {"type": NASTY}])
    | st.builds(lambda values: {"enum": values}, st.lists(TEXTS, max_size=2)),
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(
            lambda properties, required: {"properties": properties, "required": required},
            st.dictionaries(TEXTS, inner, max_size=3),
            st.lists(TEXTS, max_size=2),
        )
    ),
    max_leaves=4,
)
OPERATIONS = st.builds(
    Operation,
    name=st.none() | TEXTS,
    verb=st.sampled_from(["GET", "POST", "ANY"]),
    path=TEXTS,
    about=TEXTS,
    parameters=st.lists(
        st.builds(Parameter, TEXTS, st.sampled_from(["path", "query", "header"]), st.booleans()), max_size=3
    ).map(tuple),
    body=st.none() | st.builds(Body, SCHEMAS, TEXTS, st.booleans()),
    result=SCHEMAS,
)
INTERFACES = st.builds(
    Interface,
    title=TEXTS,
    about=TEXTS,
    operations=st.lists(OPERATIONS, min_size=1, max_size=4).map(tuple),
    schemas=st.dictionaries(NAMES, SCHEMAS, max_size=3),
)


@settings(deadline=None, max_examples=50)
@given(INTERFACES)
def test_python_files_are_what_was_meant(api: Interface) -> None:
    made = python_package(api, read_settings({}, api.title))
    trees = {name: ast.parse(text) for name, text in made.items() if name.endswith(".py")}
    (client,) = (tree for name, tree in trees.items() if name.endswith("/client.py"))
    docstring, *imports, only = client.body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(statement, ast.ImportFrom) for statement in imports)
    assert isinstance(only, ast.ClassDef)
    methods = [one.name for one in only.body if isinstance(one, ast.FunctionDef)]
    assert len(only.body) == 1 + len(methods)
    assert len(set(methods)) == len(api.operations) + 1
    (models,) = (tree for name, tree in trees.items() if name.endswith("/models.py"))
    assert len(models.body) == 3 + len(api.schemas)
    tomllib.loads(made["pyproject.toml"])


@settings(deadline=None, max_examples=50)
@given(INTERFACES)
def test_javascript_descriptions_are_what_was_meant(api: Interface) -> None:
    made = javascript_package(api, read_settings({}, api.title))
    calls = [line for line in made["index.js"].split("\n") if line.startswith("    return this._call(")]
    assert len(calls) == len(api.operations)
    for line, operation in zip(calls, api.operations, strict=True):
        text = line.removeprefix("    return this._call(").removesuffix(", params, body, options);")
        assert json.loads(text)["path"] == operation.path
    assert json.loads(made["package.json"])["type"] == "module"


def test_node_reads_the_nastiest_of_them(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine: JavaScript cannot be parsed")
    parameters = tuple(Parameter(NASTY, place, True) for place in ("path", "query", "header"))
    body = Body({}, NASTY, required=True)
    operation = Operation(NASTY, "POST", NASTY, NASTY, parameters, body, {})
    api = Interface(NASTY, NASTY, (operation, operation), {"A": {"properties": {NASTY: {"enum": [NASTY]}}}})
    made = javascript_package(api, read_settings({"baseUrl": 'http://x/"'}, api.title))
    (tmp_path / "index.mjs").write_text(made["index.js"])
    done = subprocess.run(
        [node, "--check", tmp_path / "index.mjs"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_types_of_models() -> None:
    schemas: dict[str, Any] = {
        "Pet": {
            "properties": {
                "id": {"type": "integer"},
                "kind": {"enum": ["dog", "cat"]},
                "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
                "born": {"type": ["string", "null"]},
                "more": {"type": "object"},
            },
            "required": ["id"],
        },
        "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
    }
    operation = Operation("getPets", "GET", "/", "", (), None, {"$ref": "#/components/schemas/Pets"})
    api = Interface("pets", "", (operation,), schemas)
    python = python_package(api, read_settings({}, "pets"))
    assert python["pets/models.py"].endswith(
        """
Pet = TypedDict(
    "Pet",
    {
        "id": "int",
        "kind": "NotRequired[Literal[\\"dog\\", \\"cat\\"]]",
        "friends": "NotRequired[list[Pet]]",
        "born": "NotRequired[str | None]",
        "more": "NotRequired[dict[str, Any]]",
    },
)

Pets: TypeAlias = "list[Pet]"
"""
    )
    assert "-> Response[models.Pets]:" in python["pets/client.py"]
    script = javascript_package(api, read_settings({}, "pets"))
    assert (
        script["models.d.ts"]
        == """export interface Pet {
  "id": number;
  "kind"?: "dog" | "cat";
  "friends"?: Array<Pet>;
  "born"?: string | null;
  "more"?: Record<string, unknown>;
}
export type Pets = Array<Pet>;
"""
    )
    declared = "getPets(params?: {  }, body?: undefined, options?: Options): Promise<Answer<models.Pets>>;"
    assert declared in script["index.d.ts"]


@pytest.mark.parametrize(
    ("operation", "declared"),
    [
        (
            Operation("x", "GET", "/", "", (Parameter("a-b", "query", False),), None, {}),
            'x(params?: { "a-b"?: Value | Value[] }, body?: undefined, options?: Options)',
        ),
        (
            Operation("x", "POST", "/", "", (), Body(REFERENCE, "application/json", True), {}),
            "x(params: {  }, body: models.Model0, options?: Options)",
        ),
        (
            Operation("x", "ANY", "/{a+}", "", (Parameter("a+", "path", True),), Body({}, "", False), {}),
            'x(params: { "a": Value }, body: unknown | undefined, options: Options & { method: string })',
        ),
    ],
)
def test_methods_are_declared_for_typescript(operation: Operation, declared: str) -> None:
    api = Interface("pets", "", (operation,), {"Model0": {}})
    made = javascript_package(api, read_settings({}, "pets"))
    assert f"  {declared}: Promise<Answer<unknown>>;\n" in made["index.d.ts"]


def test_an_interface_is_read_from_an_export() -> None:
    json_body = {"application/json": {"schema": REFERENCE}, "text/plain": {"schema": {}}}
    document = {
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/a/{id}/{rest+}": {
                "summary": "s",
                "x-mine": {"responses": {}},
                "get": {
                    "summary": "one",
                    "description": "two",
                    "parameters": [{"name": "q", "in": "query"}, {"name": "id", "in": "path"}],
                    "responses": {
                        "404": {"content": json_body},
                        "200": {"content": {}},
                        "201": {"content": json_body},
                    },
                },
                "x-amazon-apigateway-any-method": {"requestBody": {"content": json_body}, "responses": {}},
                "delete": {"responses": {}},
            }
        },
        "components": {},
    }
    get, any_method, delete = interface(document).operations
    assert get == Operation(
        None,
        "GET",
        "/a/{id}/{rest+}",
        "one\n\ntwo",
        (Parameter("id", "path", True), Parameter("rest+", "path", True), Parameter("q", "query", False)),
        None,
        REFERENCE,
    )
    assert (any_method.verb, any_method.body) == ("ANY", Body(REFERENCE, "application/json", True))
    assert (delete.verb, delete.body, delete.result) == ("DELETE", Body({}, "application/json", False), {})


@pytest.mark.parametrize(
    ("given_settings", "title", "name"),
    [
        ({}, "My Pets!", "my-pets"),
        ({}, "", "api"),
        ({}, "42", "api-42"),
        ({}, "x" * 500, "x" * 96),
        ({"packageName": "a_b-c1"}, "t", "a_b-c1"),
    ],
)
def test_a_package_is_named(given_settings: dict[str, str], title: str, name: str) -> None:
    assert read_settings(given_settings, title).name == name


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"packageName": "A b"}, "packageName 'A b' must be lower case letters and digits"),
        ({"packageName": "../x"}, "packageName '../x' must be lower case letters and digits"),
        ({"packageVersion": "1.0"}, "packageVersion '1.0' must be three numbers"),
        ({"packageVersion": "1.0.0\n"}, "packageVersion '1.0.0\\\\n' must be three numbers"),
        ({"baseUrl": "ftp://x"}, "baseUrl 'ftp://x' must be an http or https URL"),
        ({"other": "x"}, "Unknown SDK parameter 'other'. Known are packageName, packageVersion, baseUrl"),
    ],
)
def test_bad_settings_are_named(bad: dict[str, str], message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        read_settings(bad, "t")


@pytest.mark.parametrize(("title", "module"), [("json", "json_api"), ("class", "class_api"), ("a b", "a_b")])
def test_a_module_hides_none_of_pythons(title: str, module: str) -> None:
    api = Interface(title, "", (Operation(None, "GET", "/", "", (), None, {}),), {})
    assert f"{module}/client.py" in python_package(api, read_settings({}, title))


def test_a_zip_is_the_same_for_the_same_moment() -> None:
    first = archive({"a/b": "é"}, 1_700_000_000.5)
    assert first == archive({"a/b": "é"}, 1_700_000_000.5)
    with zipfile.ZipFile(io.BytesIO(first)) as zipped:
        (entry,) = zipped.infolist()
        assert (entry.filename, entry.date_time) == ("a/b", (2023, 11, 14, 22, 13, 20))
        assert zipped.read("a/b") == "é".encode()
    assert archive({}, 0)
