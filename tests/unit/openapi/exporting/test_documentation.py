"""Which documentation part speaks of an entity, and what OpenAPI takes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.openapi.exporting.documentation import Documentation


def said(parts: list[dict[str, Any]]) -> Documentation:
    """Documentation whose parts say their own place, unless they say something else."""
    return Documentation(
        "1",
        0,
        [
            {
                "location": part["location"],
                "properties": json.dumps(part.get("properties", {"description": str(part["location"])})),
            }
            for part in parts
        ],
    )


# Locations of parts for response 200 of GET /pets/dogs, the most specific last.
RISING: list[dict[str, str]] = [
    {},
    {"method": "GET"},
    {"statusCode": "200"},
    {"statusCode": "200", "method": "GET"},
    {"path": "/pets"},
    {"path": "/pets", "method": "GET"},
    {"path": "/pets", "statusCode": "200"},
    {"path": "/pets/dogs"},
]
OTHERS: list[dict[str, str]] = [
    {"path": "/pet"},
    {"path": "/pets/dogs/x"},
    {"method": "POST"},
    {"statusCode": "404"},
]


@pytest.mark.parametrize("count", range(1, len(RISING) + 1))
def test_the_most_specific_part_is_taken(count: int) -> None:
    locations = [{"type": "RESPONSE", **location} for location in (*OTHERS, *RISING[:count])]
    found = said([{"location": location} for location in reversed(locations)]).of(
        "RESPONSE", path="/pets/dogs", method="GET", status="200"
    )
    assert found == {"description": str({"type": "RESPONSE", **RISING[count - 1]})}


def test_the_content_of_resources_and_models_is_not_inherited() -> None:
    documentation = said(
        [{"location": {"type": "RESOURCE", "path": "/"}}, {"location": {"type": "MODEL", "name": "Pet"}}]
    )
    assert documentation.of("RESOURCE", path="/pets") == {}
    assert documentation.of("MODEL", "Dog") == {}
    assert documentation.of("MODEL", "Pet") == {"description": str({"type": "MODEL", "name": "Pet"})}


def test_what_openapi_does_not_know_and_what_is_amazons_own_stays_out() -> None:
    properties = {
        "description": "d",
        "tags": ["a"],
        "summary": 7,
        "mine": 1,
        "x-mine": 1,
        "x-amazon-apigateway-integration": {"type": "http"},
    }
    documentation = said([{"location": {"type": "METHOD"}, "properties": properties}])
    assert documentation.of("METHOD") == {"description": "d", "tags": ["a"], "x-mine": 1}


def test_the_apis_part_fills_info() -> None:
    info = {"description": "d", "license": {"name": "x"}, "title": None}
    part = {"location": {"type": "API"}, "properties": {"info": info, "externalDocs": {"url": "u"}}}
    assert said([part]).info() == {"description": "d", "license": {"name": "x"}}
    assert said([part]).of("API") == {"externalDocs": {"url": "u"}}
    assert said([]).info() == {}
