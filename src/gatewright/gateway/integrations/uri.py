"""Where an HTTP integration goes: the URI with stage variables filled in, its path variables per request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlsplit

from gatewright.gateway.vpc_links import Way
from gatewright.wire.client import Balanced, Pool, Target
from gatewright.wire.client_certificate import ClientCertificate

_VARIABLE = re.compile(r"\{([A-Za-z0-9._$-]+)\+?\}")
_UNSAFE = re.compile(r"[^!-~]|[\"<>?#]")  # what a value mapped into the path may not carry raw
_RAW = re.compile(r"[^!-~]|[\"<>#]")  # what a request target may not carry
PORTS = {"http": 80, "https": 443}


class InvalidEndpoint(ValueError):
    """The URI, as it reads for this request, is no HTTP address."""


class Endpoint:
    """One reading of a URI: where to connect, and what the request line and Host say."""

    __slots__ = ("host", "path", "pool", "query", "request_target", "target")

    def __init__(self, target: Target, host: bytes, path: str, query: str) -> None:
        self.target = target
        self.pool: Pool | Balanced | None = None  # remembered by the first request that goes there
        self.host = host  # as the Host header shows it: with the port unless it is the scheme's own
        self.path = path
        self.query = query  # without the question mark
        self.request_target = f"{path}?{query}".encode("latin-1") if query else path.encode("latin-1")


class Uri:
    """An integration's URI, compiled: taken apart once unless its host is a variable too."""

    __slots__ = ("_known", "_shows", "_text", "_verify", "_way", "fixed")

    def __init__(
        self,
        text: str,
        *,
        verify: bool,
        shows: ClientCertificate | None = None,
        way: Way | None = None,
    ) -> None:
        """`way` leads to whoever serves the host; None: its name does. Raises LeadsNowhere."""
        self._text = text
        self._way = way
        self._verify = verify
        self._shows = shows
        self._known = self._read_early()
        self.fixed = self._known if _VARIABLE.search(text) is None else None  # what every request gets

    def _read_early(self) -> Endpoint | None:
        authority = self._text.partition("://")[2].partition("/")[0].partition("?")[0]
        if _VARIABLE.search(authority):
            return None
        try:
            return self._read(self._text)
        except InvalidEndpoint:
            return None  # the request meets it, as on AWS

    def endpoint(self, path_parameters: Mapping[str, str]) -> Endpoint:
        """Raises InvalidEndpoint, LeadsNowhere. A variable that no parameter fills stays as it is written."""
        if self.fixed is not None:
            return self.fixed
        known = self._known
        if known is None:
            return self._read(_fill(self._text, path_parameters))
        path, query = _fill(known.path, path_parameters), _fill(known.query, path_parameters)
        return Endpoint(known.target, known.host, path, query)

    def _read(self, text: str) -> Endpoint:
        target, host, path, query = split(text, verify=self._verify, shows=self._shows)
        if self._way is not None:
            target = replace(target, group=self._way.group(target.port))
        return Endpoint(target, host, path, query)


def _fill(text: str, path_parameters: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: _filled(match, path_parameters), text)


def _filled(match: re.Match[str], path_parameters: Mapping[str, str]) -> str:
    value = path_parameters.get(match[1])
    return match[0] if value is None else _UNSAFE.sub(lambda unsafe: quote(unsafe[0]), value)


def split(
    text: str, *, verify: bool, shows: ClientCertificate | None = None
) -> tuple[Target, bytes, str, str]:
    """(target, Host, path, query) of an absolute http(s) URL. Raises InvalidEndpoint."""
    try:
        parts = urlsplit(text)
        scheme, name, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError as error:
        raise InvalidEndpoint(str(error)) from None
    if scheme not in PORTS or not name or parts.username is not None or _RAW.search(parts.netloc):
        raise InvalidEndpoint(f"{text!r} is no http or https address")
    shown = f"[{name}]" if ":" in name else name
    host = shown if port in (None, PORTS[scheme]) else f"{shown}:{port}"
    target = Target(scheme, name, port or PORTS[scheme], verify, shows if scheme == "https" else None)
    path, query = (_RAW.sub(lambda unsafe: quote(unsafe[0]), part) for part in (parts.path, parts.query))
    return target, host.encode("latin-1"), path or "/", query
