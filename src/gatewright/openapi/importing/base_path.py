"""The path that stands before all paths of a document, and what is made of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from gatewright.openapi.importing.values import mapping, sequence
from gatewright.openapi.importing.version import Version

MODES = ("ignore", "prepend", "split")


def prefix_of(document: dict[str, Any], version: Version, mode: str) -> str:
    """What every path begins with: "" or `/a/b`."""
    written = _swagger(document) if version is Version.SWAGGER else _servers(document)
    segments = [segment for segment in written.split("/") if segment]
    if mode == "ignore":
        return ""
    if mode == "split":
        segments = segments[1:]
    return "".join(f"/{segment}" for segment in segments)


def _swagger(document: dict[str, Any]) -> str:
    written = document.get("basePath")
    return written if isinstance(written, str) else ""


def _servers(document: dict[str, Any]) -> str:
    """The default of the first variable `basePath`, even of a URL without it; else the first URL's path."""
    servers = [mapping(server, "server", "/") for server in sequence(document.get("servers"), "servers", "/")]
    for server in servers:
        default = _defaults(server).get("basePath")
        if default is not None:
            return default
    return _path_of(servers[0]) if servers else ""


def _defaults(server: dict[str, Any]) -> dict[str, str]:
    variables = mapping(server.get("variables"), "server", "/")
    return {
        name: str(variable["default"])
        for name, variable in variables.items()
        if isinstance(variable, dict) and "default" in variable
    }


def _path_of(server: dict[str, Any]) -> str:
    url = str(server.get("url") or "")
    for name, default in _defaults(server).items():
        url = url.replace(f"{{{name}}}", default)
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
