"""A package's own settings, and its files as one zip."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from gatewright.openapi.sdk.interface import Interface
from gatewright.openapi.sdk.names import words

_URL = re.compile(r"https?://[!-~]{1,2000}")
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
NAME_CHARACTERS = 100


class BadSetting(ValueError):
    """A setting cannot be used; the message names it, its value and what it must be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url` is empty where the client's user has to give it."""

    name: str
    version: str
    base_url: str


Generate = Callable[[Interface, Settings], dict[str, str]]


def read_settings(given: Mapping[str, str], title: str) -> Settings:
    """The settings `packageName`, `packageVersion` and `baseUrl`. Raises BadSetting."""
    unknown = sorted(given.keys() - {"packageName", "packageVersion", "baseUrl"})
    if unknown:
        raise BadSetting(
            f"Unknown SDK parameter {unknown[0][:80]!r}. Known are packageName, packageVersion, baseUrl"
        )
    settings = Settings(
        name=given.get("packageName") or _name_of(title),
        version=given.get("packageVersion") or "1.0.0",
        base_url=(given.get("baseUrl") or "").rstrip("/"),
    )
    if len(settings.name) > NAME_CHARACTERS or not _NAME.fullmatch(settings.name):
        raise BadSetting(
            f"packageName {settings.name[:NAME_CHARACTERS]!r} must be lower case letters and digits, joined "
            f"by '-' or '_', {NAME_CHARACTERS} at most"
        )
    if not _VERSION.fullmatch(settings.version):
        raise BadSetting(f"packageVersion {settings.version[:80]!r} must be three numbers, such as 1.0.0")
    if settings.base_url and not _URL.fullmatch(settings.base_url):
        raise BadSetting(f"baseUrl {settings.base_url[:80]!r} must be an http or https URL")
    return settings


def _name_of(title: str) -> str:
    name = "-".join(words(title))[: NAME_CHARACTERS - 4].rstrip("-")
    return name if name[:1].isalpha() else f"api-{name}".rstrip("-")


def runtime_file(name: str) -> str:
    """A file that every package of a language has as it is."""
    return files("gatewright.openapi.sdk").joinpath("runtime", name).read_text("utf-8")


def archive(contents: Mapping[str, str], seconds: float) -> bytes:
    """A zip of texts by name, all of them of one moment (epoch seconds)."""
    moment = max(datetime.fromtimestamp(seconds, UTC), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in contents.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, text)
    return buffer.getvalue()
