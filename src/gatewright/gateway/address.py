"""Which API and stage a request is addressed to: by host name, or by one of the path forms of local tools."""

from __future__ import annotations

from gatewright.wire.types import Request

REMEMBERED = (
    4096  # addresses kept, and none longer than LENGTH: they come from strangers, so memory is bounded
)
LENGTH = 160


class Address:
    """Where a request goes: API, stage, and the path in its two readings."""

    __slots__ = ("api_id", "context_path", "domain", "path", "stage")

    def __init__(self, api_id: str, stage: str, path: str, context_path: str, domain: str) -> None:
        self.api_id = api_id
        self.stage = stage
        self.path = path  # below the stage: leading slashes collapsed, the rest as sent
        self.context_path = context_path  # `/{stage}…` as sent
        self.domain = domain


class Addresses:
    """Reads addresses; remembers the short ones it has read."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[bytes | None, str], Address | None] = {}

    def read(self, request: Request) -> Address | None:
        """None when neither the host nor the path names an API."""
        key = (request.headers.get(b"host"), request.path)
        try:
            return self._known[key]
        except KeyError:
            return self._learn(key)

    def _learn(self, key: tuple[bytes | None, str]) -> Address | None:
        host, path = key
        address = read(host or b"", path)
        if len(host or b"") + len(path) <= LENGTH:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = address
        return address


def read(host: bytes, path: str) -> Address | None:
    """The address that a Host header and a path make together."""
    api_id, domain = _api_of_host(host.decode("latin-1").lower())
    return _path_form(path, domain) if api_id is None else _below_api(api_id, path, domain)


def _api_of_host(host: str) -> tuple[str | None, str]:
    """(API id or None, host without its port) of `{api}.execute-api.…` or `{api}-{vpce}.execute-api.…`."""
    domain = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    label, _, rest = domain.partition(".")
    if not label or rest.partition(".")[0] != "execute-api":
        return None, domain
    return label.partition("-vpce-")[0], domain


def _path_form(path: str, domain: str) -> Address | None:
    """`/restapis/{api}/{stage}/_user_request_/…` and `/_aws/execute-api/{api}/{stage}/…`."""
    if path.startswith("/_aws/execute-api/"):
        api_id, _, rest = path[18:].partition("/")
        return _below_api(api_id.lower(), "/" + rest, domain)
    if path.startswith("/restapis/"):
        api_id, _, rest = path[10:].partition("/")
        stage, _, rest = rest.partition("/")
        marker, slash, rest = rest.partition("/")
        if marker == "_user_request_":
            return _below_api(api_id, f"/{stage}{slash}{rest}", domain)
    return None


def _below_api(api_id: str, path: str, domain: str) -> Address:
    """Split `/{stage}/…`: slashes before the stage are dropped, those right after it collapse for routing and
    stay in the context's path."""
    start = 1
    while path.startswith("/", start):
        start += 1
    end = path.find("/", start)
    if end < 0:
        return Address(api_id, path[start:], "/", path[start - 1 :], domain)
    below = end
    while path.startswith("/", below + 1):
        below += 1
    return Address(api_id, path[start:end], path[below:], path[start - 1 :], domain)
