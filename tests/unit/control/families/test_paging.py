"""Pages: limits, positions, and deletes between them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Refused


@pytest.fixture
def models(client: Any, api: str) -> list[str]:
    """Thirty models beside the two that every API has."""
    names = [f"Model{number:02}" for number in range(30)]
    for name in names:
        client.create_model(restApiId=api, name=name, contentType="application/json", schema="{}")
    return ["Empty", "Error", *names]


def names_of(answer: dict[str, Any]) -> list[str]:
    return [item["name"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("limit", "size"), [(None, 25), (-1, 25), (0, 25), (1, 1), (31, 31), (500, 32), (9999, 32)]
)
def test_limits(client: Any, api: str, models: list[str], limit: int | None, size: int) -> None:
    answer = client.get_models(restApiId=api, **({} if limit is None else {"limit": limit}))
    assert names_of(answer) == models[:size]
    assert ("position" in answer) == (size < 32)


def test_a_page_that_ends_with_the_list_has_no_position(client: Any, api: str, models: list[str]) -> None:
    assert "position" not in client.get_models(restApiId=api, limit=len(models))


@pytest.mark.parametrize("deleted", [9, 10, 20])
def test_deletes_between_pages_neither_skip_nor_repeat(
    client: Any, api: str, models: list[str], deleted: int
) -> None:
    first = client.get_models(restApiId=api, limit=10)
    client.delete_model(restApiId=api, modelName=models[deleted])
    second = client.get_models(restApiId=api, limit=500, position=first["position"])
    expected = [name for name in models[10:] if name != models[deleted]]
    assert names_of(second) == expected


def test_a_position_of_no_page_is_refused(client: Any, api: str, refused: Refused) -> None:
    for position in ("!", "a", "é", "_w=="):
        answer = refused(client.get_models, restApiId=api, position=position)
        assert answer == ("BadRequestException", "Invalid position parameter")


def test_paginators_follow(client: Any, api: str, models: list[str]) -> None:
    pages = client.get_paginator("get_models").paginate(restApiId=api, PaginationConfig={"PageSize": 7})
    assert [item["name"] for page in pages for item in page["items"]] == models
