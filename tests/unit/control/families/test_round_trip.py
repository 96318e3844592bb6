"""Import, export, import, export: whatever document an API came from, its export tells all of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.generated_documents import SCHEMES, documents
from tests.support.management import PARTITION

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Transaction
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.context import Services
from gatewright.control.operation import Call
from gatewright.control.rest.deployment import create_deployment
from gatewright.control.rest.documentation_version import (
    create_documentation_version,
    delete_documentation_version,
)
from gatewright.control.rest.export import get_export
from gatewright.control.rest.import_rest_api import import_rest_api, put_rest_api
from gatewright.control.rest.model import create_model
from gatewright.control.rest.stage import update_stage

KINDS = ("swagger", "oas30")
FORMATS = ("application/json", "application/yaml")


class Undone(Exception):
    """Ends a transaction without a trace."""


class Desk:
    """One API, made and exported inside one transaction."""

    def __init__(self, tx: Transaction, document: Document) -> None:
        numbers = itertools.count()
        services = Services(clock=lambda: 1_700_000_000, new_id=lambda length: f"{next(numbers):0{length}d}")
        self.call = Call(tx, services)
        self.api = self._checked(import_rest_api(self.call, {"body": json.dumps(document).encode()}))["id"]
        self._publish()

    def put(self, body: bytes) -> None:
        """Replace the API, then its deployment and its documentation version."""
        params = {"restApiId": self.api, "mode": "overwrite", "body": body}
        self._checked(put_rest_api(self.call, params))
        change = {"op": "replace", "path": "/documentationVersion", "value": ""}
        update_stage(self.call, {"restApiId": self.api, "stageName": "v", "patchOperations": [change]})
        delete_documentation_version(self.call, {"restApiId": self.api, "documentationVersion": "1"})
        self._publish()

    def export(self, kind: str, accepts: str = FORMATS[0]) -> bytes:
        params = {"restApiId": self.api, "stageName": "v", "exportType": kind, "accepts": accepts}
        answer = get_export(self.call, {**params, "parameters": {"extensions": "apigateway"}})
        return bytes(answer["body"])

    def _publish(self) -> None:
        create_deployment(self.call, {"restApiId": self.api, "stageName": "v"})
        version = {"restApiId": self.api, "documentationVersion": "1", "stageName": "v"}
        create_documentation_version(self.call, version)

    def _checked(self, answer: Document) -> Document:
        assert "warnings" not in answer, answer["warnings"]
        return answer


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path_factory.mktemp("data"))
    yield catalog
    catalog.close()


@contextmanager
def desk(catalog: Catalog, document: Document) -> Iterator[Desk]:
    with suppress(Undone), catalog.write(PARTITION) as tx:
        yield Desk(tx, document)
        raise Undone


DOCUMENTS = st.sampled_from(KINDS).flatmap(documents)


@settings(deadline=None, max_examples=40)
@given(DOCUMENTS, st.sampled_from(KINDS), st.sampled_from(FORMATS))
def test_an_export_that_is_imported_is_exported_again(
    catalog: Catalog, document: Document, kind: str, accepts: str
) -> None:
    with desk(catalog, document) as api:
        first = api.export(kind)
        api.put(api.export(kind, accepts))
        assert json.loads(api.export(kind)) == json.loads(first)
        assert api.export(kind) == first


@settings(deadline=None, max_examples=20)
@given(documents("oas30"))
def test_the_other_form_tells_the_same_api(catalog: Catalog, document: Document) -> None:
    """Swagger and back: only the content types of models, for which Swagger has one list, may become more."""
    with desk(catalog, document) as api:
        before = without_content(json.loads(api.export("oas30")))
        api.put(api.export("swagger"))
        assert without_content(json.loads(api.export("oas30"))) == before


MOCK = {"x-amazon-apigateway-integration": {"type": "mock"}, "responses": {}}
KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_refers_into_itself_stays_as_it_is(catalog: Catalog, kind: str) -> None:
    info = {"title": "t", "version": "1"}
    schema = {
        "definitions": {"tag": {"type": "string"}},
        "properties": {"tag": {"$ref": "#/definitions/tag"}, "first": {"$ref": "#/properties/tag"}},
    }
    with desk(catalog, {"openapi": "3.0.1", "info": info, "paths": {"/": {"get": MOCK}}}) as api:
        model = {"name": "Pet", "contentType": "application/json", "schema": json.dumps(schema)}
        create_model(api.call, {"restApiId": api.api, **model})
        create_deployment(api.call, {"restApiId": api.api, "stageName": "v"})
        api.put(api.export(kind))
        kept = api.call.tx.get(keys.model(api.api, "Pet"))
        assert kept is not None
        assert json.loads(kept["schema"]) == schema


@pytest.mark.parametrize("kind", KINDS)
def test_authorizers_may_have_the_names_of_other_schemes(catalog: Catalog, kind: str) -> None:
    schemes: Document = dict.fromkeys(("api_key", "sigv4", "sigv4_"), SCHEMES["token"])
    methods = {
        "get": {**MOCK, "security": [{"api_key": []}, {"key": []}]},
        "put": {**MOCK, "security": [{"iam": []}]},
        "post": {**MOCK, "security": [{"sigv4": []}]},
    }
    document: Document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/": methods},
        "securityDefinitions": {**schemes, "key": KEY, "iam": SCHEMES["iam"]},
    }
    with desk(catalog, document) as api:
        first = api.export(kind)
        api.put(first)
        assert api.export(kind) == first
        told = json.loads(api.export("oas30"))["paths"]["/"]
        assert {verb: operation["security"] for verb, operation in told.items()} == {
            "get": [{"api_key": []}, {"api_key_": []}],
            "put": [{"sigv4__": []}],
            "post": [{"sigv4": []}],
        }


def without_content(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_content(item) for name, item in value.items() if name != "content"}
    if isinstance(value, list):
        return [without_content(item) for item in value]
    return value
