"""The built-in test issuer: tokens for development and tests, signed with a key of the data directory.

GET /_gatewright/issuer/.well-known/jwks.json             on the management port
GET /_gatewright/issuer/.well-known/openid-configuration
GET /_gatewright/issuer/token?claims={…}                  signs them; on dev's port only
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson

from gatewright.server.errors import CannotStart
from gatewright.server.front import JSON, OWN_PAGES, Page, message
from gatewright.server.settings import Settings
from gatewright.wire.types import Request, Response

if TYPE_CHECKING:
    from gatewright.aws.jwt.signing import SigningKey

KEY_FILE = "test-issuer.pem"
_PAGES = "issuer"


def name_of(settings: Settings) -> str:
    """What its tokens say as `iss`, and where it is served; empty if it is off."""
    if settings.test_issuer == "off":
        return ""
    return f"{settings.management.url(settings.scheme)}{OWN_PAGES}{_PAGES}"


def announce(settings: Settings) -> None:
    """Leave its name for `gatewright token --data-dir`, or take it away."""
    if settings.test_issuer == "off":
        _note(settings.data_dir).unlink(missing_ok=True)
    else:
        _note(settings.data_dir).write_text(name_of(settings))


def announced(data_dir: Path) -> str:
    """Its name at the last start on this directory. Raises `CannotStart`."""
    try:
        return _note(data_dir).read_text()
    except OSError:
        raise CannotStart(
            f"--data-dir {data_dir}: no test issuer was started there; start `gatewright serve` with "
            "test_issuer = true in gatewright.toml"
        ) from None


def _note(data_dir: Path) -> Path:
    return data_dir / "run" / "test-issuer"


def key_of(data_dir: Path) -> SigningKey:
    """Its key, made on first use. Raises OSError."""
    from gatewright.aws.jwt.signing import signing_key  # large: nodes without tokens go without

    return signing_key(data_dir / KEY_FILE)


def issuer_pages(settings: Settings) -> dict[str, Page]:
    """Those that everybody may read; none if it is off."""
    if settings.test_issuer == "off":
        return {}
    discovery = _discovery(name_of(settings))
    return {
        f"{_PAGES}/.well-known/jwks.json": lambda _: _told(settings.data_dir, lambda key: key.jwks()),
        f"{_PAGES}/.well-known/openid-configuration": lambda _: Response(200, JSON, discovery),
    }


def token_page(settings: Settings, request: Request) -> Response:
    """`{"token": "…"}` with the claims asked for, and the test issuer's name where they name no issuer."""
    try:
        claims = json.loads(dict(parse_qsl(request.query or "")).get("claims", ""))
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        return message(400, "claims must be a JSON object: ?claims={…}, percent-encoded")
    full = {"iss": name_of(settings), **claims}
    return _told(settings.data_dir, lambda key: orjson.dumps({"token": key.sign(full)}))


def _told(data_dir: Path, tell: Callable[[SigningKey], bytes]) -> Response:
    try:
        return Response(200, JSON, tell(key_of(data_dir)))
    except OSError as error:
        return message(500, str(error))


def _discovery(name: str) -> bytes:
    document = {
        "issuer": name,
        "jwks_uri": f"{name}/.well-known/jwks.json",
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
    }
    return orjson.dumps(document)
