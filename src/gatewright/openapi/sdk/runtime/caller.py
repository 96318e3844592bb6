"""How requests are made: nothing here depends on the API. Standard library only."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

Value = str | int | float | bool
Values = Value | Sequence[Value]
T = TypeVar("T")


@dataclass
class Request:
    """What is about to be sent; an `Auth` may change it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Auth = Callable[[Request], None]


@dataclass(frozen=True)
class Response(Generic[T]):
    """A successful answer. `data` is its body: JSON decoded, text as str, anything else as bytes, or None."""

    status: int
    headers: Message  # looked up in any case
    data: T


class ApiError(Exception):
    """The API answered with a status that is no success (redirects are not followed)."""

    def __init__(self, status: int, headers: Message, data: Any) -> None:
        super().__init__(f"status {status}: {data!r}")
        self.status = status
        self.headers = headers
        self.data = data


def bearer(token: str) -> Auth:
    """For authorizers that read a token: `Authorization: Bearer …`."""

    def sign(request: Request) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return sign


def sigv4(access_key: str, secret_key: str, region: str, session_token: str | None = None) -> Auth:
    """For AWS_IAM methods: Signature Version 4 of the service execute-api."""

    def sign(request: Request) -> None:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{region}/execute-api/aws4_request"
        request.headers["X-Amz-Date"] = now
        if session_token is not None:
            request.headers["X-Amz-Security-Token"] = session_token
        signed = {
            "host": urlsplit(request.url).netloc,
            **{
                name.lower(): value for name, value in request.headers.items() if name.lower()[:6] == "x-amz-"
            },
        }
        names = ";".join(sorted(signed))
        digest = hashlib.sha256(_canonical(request, signed, names).encode()).hexdigest()
        key = f"AWS4{secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )

    return sign


def _canonical(request: Request, signed: Mapping[str, str], names: str) -> str:
    url = urlsplit(request.url)
    query = sorted(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    )
    lines = [
        request.method,
        quote(url.path or "/", safe="/-_.~"),
        "&".join(query),
        *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
        "",
        names,
        hashlib.sha256(request.body).hexdigest(),
    ]
    return "\n".join(lines)


class Caller:
    """Sends the requests of one client.

    `api_key` goes into `x-api-key`; `headers` go with every request; `timeout` is in seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must be the http or https URL of a stage, not {base_url!r}")
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._auth = auth
        self._headers = dict(headers or {})
        self._timeout = timeout

    def _call(
        self,
        method: str,
        path: str,
        *,
        in_path: Mapping[str, Value],
        query: Mapping[str, Values | None],
        headers: Mapping[str, Value | None],
        body: Any = None,
        content_type: str = "application/json",
    ) -> Response[Any]:
        request = Request(method, self._base_url + _filled(path, in_path) + _query(query))
        request.headers.update(self._headers)
        if self._api_key is not None:
            request.headers["x-api-key"] = self._api_key
        request.headers.update({name: _text(value) for name, value in headers.items() if value is not None})
        if body is not None:
            request.body = _encoded(body, content_type)
            request.headers.setdefault("Content-Type", content_type)
        if self._auth is not None:
            self._auth(request)
        return _send(request, self._timeout)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key or a token must not follow to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _send(request: Request, timeout: float) -> Response[Any]:
    sent = urllib.request.Request(
        request.url, data=request.body or None, headers=request.headers, method=request.method
    )
    try:
        with _OPENER.open(sent, timeout=timeout) as answer:
            return Response(answer.status, answer.headers, _decoded(answer.headers, answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            raise ApiError(error.code, error.headers, _decoded(error.headers, error.read())) from None


def _filled(path: str, values: Mapping[str, Value]) -> str:
    """The path with its parameters; the value of a greedy one (`{name+}`) keeps its slashes."""
    parts = []
    for part in path.split("/"):
        name = part[1:-1] if part.startswith("{") else None
        parts.append(part if name is None else _segments(_text(values[name]), name))
    return "/".join(parts)


def _segments(value: str, name: str) -> str:
    segments = value.split("/") if name.endswith("+") else [value]
    if "." in segments or ".." in segments:
        raise ValueError(f"{name} would leave its place in the path: {value!r}")
    return "/".join(quote(segment, safe="") for segment in segments)


def _query(values: Mapping[str, Values | None]) -> str:
    pairs = [
        f"{quote(name, safe='')}={quote(_text(item), safe='')}"
        for name, value in values.items()
        if value is not None
        for item in (value if isinstance(value, Sequence) and not isinstance(value, str) else [value])
    ]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(body: Any, content_type: str) -> bytes:
    """Bytes are sent as they are, texts of other types than JSON too; anything else as JSON."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str) and not _is_json(content_type):
        return body.encode()
    return json.dumps(body).encode()


def _decoded(headers: Message, body: bytes) -> Any:
    content_type = headers.get("Content-Type") or ""
    if not body:
        return None
    try:
        if _is_json(content_type):
            return json.loads(body)
        return body.decode() if content_type.startswith("text/") else body
    except ValueError:
        return body


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")
