"""Whatever an OpenAPI document holds at whatever place, an import makes an API of it or refuses it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.context import Services
from gatewright.control.operation import Call
from gatewright.control.rest.import_rest_api import import_rest_api, put_rest_api
from gatewright.openapi.importing.source import Unreadable, read_source

EXAMPLES = 200

PARTITION = Partition("111122223333", "us-east-1")
EVERYTHING = Path(__file__).parents[1] / "unit/control/openapi/everything.json"
SWAGGER: dict[str, Any] = json.loads(EVERYTHING.read_text())
P = "x-amazon-apigateway-"
INLINE = {
    "content": {"application/json": {"schema": {"type": ["string", "null"], "const": 1, "$ref": "#/x"}}}
}
OAS31: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t"},
    "servers": [{"url": "https://{a}/{basePath}", "variables": {"basePath": {"default": "/b/c"}}}],
    "paths": {
        "/a": {"$ref": "#/x", "parameters": [{"name": "q", "in": "query"}]},
        "/b": {"get": {"requestBody": INLINE, "responses": {"200": {**INLINE, "headers": {"h": {}}}}}},
    },
    "x": {"get": {f"{P}integration": {"$ref": f"#/components/{P}integrations/m"}}},
    "components": {
        "schemas": {"A": {"exclusiveMinimum": 1, "allOf": [True, {"$ref": "#/components/schemas/A"}]}},
        "securitySchemes": SWAGGER["securityDefinitions"],
        f"{P}integrations": {"m": {"type": "mock"}},
    },
}


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, item in items:
        yield (*here, part)
        yield from places(item, (*here, part))


PLACES = [(document, place) for document in (SWAGGER, OAS31) for place in places(document)]
NAMES = st.sampled_from(
    [*sorted({str(part) for _, place in PLACES for part in place}), "", "/", "$ref", "x-", "not", "items"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES
    | st.sampled_from(["#/x", "#/definitions/Pet", "http://a.example/b", "${AWS::Region}"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
YAML_PIECES = [*"a: \n-{}[]'\"|!?#,1\t<", "&a ", "*a", "<<: ", "\n  ", "- ", "a: "]
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A good document with something else, or something more, at one to three places."""
    document, place = draw(st.sampled_from(PLACES))
    changed: dict[str, Any] = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        owner: Any = changed
        for part in place[:-1]:
            owner = owner[part]
        last = draw(NAMES) if isinstance(owner, dict) and draw(st.booleans()) else place[-1]
        owner[last] = draw(VALUES)
        place = draw(st.sampled_from([*places(changed)] or [("x",)]))
    return changed


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path_factory.mktemp("fuzz"))
    yield catalog
    catalog.close()


class Undone(Exception):
    """Nothing of an example is kept."""


def fate(catalog: Catalog, document: dict[str, Any], mode: str, base: str) -> AwsError | None:
    """What refuses the document; None if it is imported and then put once more."""
    params = {"body": json.dumps(document).encode(), "parameters": {"basepath": base}}
    try:
        with catalog.write(PARTITION) as tx:
            call = Call(tx, Services())
            api = import_rest_api(call, params)["id"]
            put_rest_api(call, {**params, "restApiId": api, "mode": mode})
            raise Undone
    except Undone:
        return None
    except AwsError as error:
        return error


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    document=documents(),
    mode=st.sampled_from(["merge", "overwrite"]),
    base=st.sampled_from(["ignore", "split"]),
)
def test_an_import_makes_an_api_or_refuses(
    catalog: Catalog, document: dict[str, Any], mode: str, base: str
) -> None:
    refusal = fate(catalog, document, mode, base)
    assert refusal is None or refusal.status == 400


@settings(max_examples=EXAMPLES, derandomize=True)
@given(text=st.lists(st.sampled_from(YAML_PIECES), max_size=30).map("".join))
def test_yaml_is_read_or_refused(text: str) -> None:
    try:
        document = read_source(text.encode())
    except Unreadable:
        return
    for place in places(document.document):
        line = document.line_of(place)
        if line is None:
            assert "<<" in text  # what is merged stands elsewhere
        else:
            assert 1 <= line <= text.count("\n") + 1
