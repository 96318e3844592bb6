"""Patch operations in short, and answers without what the SDK adds."""

from __future__ import annotations

from typing import Any


def patch(op: str, path: str | None = None, value: str | None = None) -> dict[str, str]:
    given = {"op": op, "path": path, "value": value}
    return {name: text for name, text in given.items() if text is not None}


def replace(path: str, value: str | None = None) -> list[dict[str, str]]:
    return [patch("replace", path, value)]


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
