"""`[services]` and `[roles]` in gatewright.toml: where AWS services are served, and whose keys sign.

[services]
endpoint = "http://127.0.0.1:5000"      # of every service
[services.sqs]
endpoint = "http://127.0.0.1:9324"      # of one
[roles."arn:aws:iam::123456789012:role/writer"]
profile = "writer"                      # or access_key and secret_key
sts = "https://sts.amazonaws.com"       # where they assume the role; without it they are the role's own
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gatewright.cli.table_option import table_or_json
from gatewright.gateway.services import RoleKeys, ServiceSettings

EVERY = "endpoint"  # the key that stands for the services without an endpoint of their own
_SERVICE = re.compile(r"(?:[A-Za-z0-9_-]+\.)*[a-z0-9-]+", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)


def _endpoint(url: Any) -> str:
    if not isinstance(url, str) or not _is_origin(url):
        raise ValueError("must be an http or https URL of a host alone, such as http://127.0.0.1:5000")
    return url.rstrip("/")


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not rest


def _served(value: Any) -> str:
    """A service's table, or the URL of all."""
    if isinstance(value, dict):
        if set(value) != {EVERY}:
            raise ValueError(f'a service\'s table has the one key {EVERY}, such as "http://127.0.0.1:5000"')
        value = value[EVERY]
    return _endpoint(value)


def _tables(value: Any) -> Any:
    """A text alone is the endpoint of every service, and nothing else."""
    if isinstance(value, dict):
        for name, given in value.items():
            if name != EVERY and isinstance(given, str):
                raise ValueError(
                    f"there is no key {name!r}: give {EVERY}, or a service's table with its {EVERY}, "
                    "such as [services.sqs]"
                )
    return value


def _service(name: str) -> str:
    if not _SERVICE.fullmatch(name):
        raise ValueError("must be a service as integration URIs name it, such as sqs or runtime.sagemaker")
    return name


def _role(arn: str) -> str:
    if not _ROLE.fullmatch(arn):
        raise ValueError("must be a role's ARN, such as arn:aws:iam::123456789012:role/writer")
    return arn


class RoleOption(BaseModel):
    """Where the keys of one role come from."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    profile: str = ""
    access_key: Annotated[str, Field(pattern=r"^\w{3,128}$")] | None = None
    secret_key: str | None = Field(None, min_length=4, max_length=128, repr=False)
    session_token: str = Field("", max_length=8192, repr=False)
    sts: Annotated[str, AfterValidator(_endpoint)] = ""
    external_id: str = Field("", max_length=1224, repr=False)

    @model_validator(mode="after")
    def _says_one_thing(self) -> RoleOption:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key belong together: give both, or neither")
        if self.access_key and self.profile:
            raise ValueError("keys come from profile or from access_key: give one of them")
        if self.session_token and not self.access_key:
            raise ValueError("session_token belongs to an access_key and a secret_key")
        if self.external_id and not self.sts:
            raise ValueError("external_id is said to sts: name its URL, such as https://sts.amazonaws.com")
        if not (self.access_key or self.profile or self.sts):
            raise ValueError("says nothing: give profile, or access_key and secret_key, or sts")
        return self

    def keys(self) -> RoleKeys:
        return RoleKeys(**{name: value or "" for name, value in self.model_dump().items()})


Services = Annotated[
    dict[Annotated[str, AfterValidator(_service)], Annotated[str, BeforeValidator(_served)]],
    BeforeValidator(_tables),
    BeforeValidator(table_or_json('{"endpoint": "http://127.0.0.1:5000"}')),
]
Roles = Annotated[
    dict[Annotated[str, AfterValidator(_role)], RoleOption],
    BeforeValidator(table_or_json('{"arn:aws:iam::123456789012:role/writer": {"profile": "writer"}}')),
]


def service_settings(services: dict[str, str], roles: dict[str, RoleOption]) -> ServiceSettings:
    own = {name: url for name, url in services.items() if name != EVERY}
    return ServiceSettings(services.get(EVERY, ""), own, {arn: role.keys() for arn, role in roles.items()})
