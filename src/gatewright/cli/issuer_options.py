"""`[issuers]` in gatewright.toml: a user pool's ARN or an issuer, and where it is really served."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from gatewright.cli.table_option import table_or_json
from gatewright.gateway.issuers import TEST_ISSUER, Place

_USER_POOL = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+", re.ASCII)
_PLACE = (
    f'write a URL such as "http://127.0.0.1:9000/realms/x", "{TEST_ISSUER}", or {{ url = …, issuer = … }}'
)


def _configured(name: str) -> str:
    if not _USER_POOL.fullmatch(name) and not (name.startswith("https://") and _is_url(name)):
        raise ValueError(
            "must be a user pool's ARN (arn:aws:cognito-idp:region:account:userpool/id) or an issuer's "
            "https URL"
        )
    return name


def _place(value: Any) -> Place:
    if isinstance(value, Place):
        return value
    members = {"url": value} if isinstance(value, str) else value
    if not isinstance(members, dict) or not {"url"} <= set(members) <= {"url", "issuer"}:
        raise ValueError(_PLACE)
    url, issuer = members["url"], members.get("issuer", "")
    if not isinstance(url, str) or not isinstance(issuer, str):
        raise ValueError(_PLACE)
    if url == TEST_ISSUER and not issuer:
        return Place(url)
    if not all(_is_url(one) for one in (url, issuer) if one or one is url):
        raise ValueError(f"must be http or https URLs without user, query and fragment; {_PLACE}")
    return Place(url, issuer)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return plain and "@" not in parts.netloc and not re.search(r"[?#]|[^!-~]", text)


Issuers = Annotated[
    dict[Annotated[str, AfterValidator(_configured)], Annotated[Place, BeforeValidator(_place)]],
    BeforeValidator(table_or_json('{"https://issuer.example.com": "http://…"}')),
]
