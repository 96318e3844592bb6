"""Refusals of the control plane, traced back to the file and line they speak of."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.openapi.importing.bundle import Bundle, bundle
from gatewright.projects.locating import located

TEXT = """\
openapi: 3.0.1
info: {title: pets, version: "1"}
paths:
  /pets/:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates:
          application/json: |
            #set($a = 1)
            #if(
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              Application/json: '#if('
    x-amazon-apigateway-any-method:
      responses: {}
  /pets/{petId}/toys:
    $ref: toys.yaml
components:
  schemas:
    Pet_1: {type: object}
  securitySchemes:
    who: {type: apiKey, name: Authorization, in: header}
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    directory = tmp_path_factory.mktemp("api")
    (directory / "openapi.yaml").write_text(TEXT)
    (directory / "toys.yaml").write_text("\nput:\n  x-amazon-apigateway-integration: {type: http}\n")
    return bundle(directory / "openapi.yaml")


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("Unable to create resource at path '/pets': no", "openapi.yaml:4"),
        ("Unable to put method 'GET' on resource at path '/pets': no", "openapi.yaml:5"),
        ("Unable to put method 'ANY' on resource at path '/pets': no", "openapi.yaml:17"),
        ("Unable to put integration on 'GET' for resource at path '/pets': no", "openapi.yaml:6"),
        ("Unable to put integration on 'PUT' for resource at path '/pets/{petId}/toys': no", "toys.yaml:3"),
        ("Unable to create resource at path '/pets/{petId}': no", "toys.yaml:1"),
        ("Unable to create model for 'Pet_1': no", "openapi.yaml:23"),
        ("Unable to create authorizer 'who': no", "openapi.yaml:25"),
        (
            "Unable to parse API definition because of it at path /pets.",
            "openapi.yaml:4",
        ),
        ("Gatewright cannot deploy this API: PUT /pets/{petId}/toys: timeoutInMillis 1", "toys.yaml:2"),
        ("Gatewright cannot deploy this API: authorizer who: identitySource", "openapi.yaml:25"),
        (
            "Gatewright cannot deploy this API: GET /pets: request mapping template application/json: end "
            "(line 2, column 4)",
            "openapi.yaml:11",
        ),
        (
            "Gatewright cannot deploy this API: GET /pets: request mapping template application/json: no end "
            "(line 3, column 1)",
            "openapi.yaml:11",
        ),
        (
            "Gatewright cannot deploy this API: GET /pets: response mapping template application/json: end "
            "(line 1, column 4)",
            "openapi.yaml:16",
        ),
        ("No integration defined for method 'ANY' on resource at path '/pets'", "openapi.yaml:17"),
        ("Unknown integration type 'x' for 'GET /pets'. Ignoring.", "openapi.yaml:6"),
        ("Too Many Requests", "openapi.yaml"),
        ("Unable to create resource at path '/cats': no", "openapi.yaml"),
        ("Unable to create model for 'Cat': no", "openapi.yaml"),
    ],
)
def test_a_message_is_told_at_its_place(document: Bundle, message: str, place: str) -> None:
    told = located(message, document)
    assert str(told) == f"{document.files[0].parent / place}: {message}"
    assert told.message == message


def test_each_error_of_an_import_is_told_at_its_own_place(document: Bundle) -> None:
    errors = (
        "Unable to create model for 'Pet_1': Model name must be alphanumeric: Pet_1",
        "Unable to put integration on 'PUT' for resource at path '/pets/{petId}/toys': no URI",
    )
    told = located("Errors found during import:\n\t" + "\n\t".join(errors), document)
    directory = document.files[0].parent
    assert str(told).splitlines() == [
        f"{directory / 'openapi.yaml'}:23: {errors[0]}",
        f"{directory / 'toys.yaml'}:3: {errors[1]}",
    ]


def test_a_message_without_a_line_of_its_own(document: Bundle) -> None:
    assert str(located("", document)) == f"{document.files[0]}: "
    assert isinstance(located("", document).file, Path)
