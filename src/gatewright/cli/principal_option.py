"""`[[principals]]` of gatewright.toml: callers of APIs that are part of the settings.

[[principals]]
arn = "arn:aws:iam::123456789012:user/ann"
access_key = "AKIAANNANNANNANNANNA"
secret_key = "…"
policies = ["read.json", '{"Version": "2012-10-17", "Statement": [ … ]}']
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gatewright.aws import strict_json
from gatewright.catalog.api import Document
from gatewright.gateway.principal_documents import credential_of

LONGEST_FILE = 1_048_576  # bytes read of a policy's file: far more than any policy may have


class PrincipalOption(BaseModel):
    """A user, or the root of an account, with one access key."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    arn: str
    access_key: Annotated[str, Field(pattern=r"^\w{3,128}$")]
    secret_key: Annotated[str, Field(min_length=4, max_length=128, repr=False)]
    policies: list[str] = []  # each a file, or the policy itself
    boundary: str | None = None
    tags: dict[str, str] = {}
    organization: str | None = None

    _documents: Document = {}

    @model_validator(mode="after")
    def _compiled(self) -> Self:
        """Read the files and refuse what cannot be enforced."""
        self._documents = self._read()
        credential_of(self._documents["key"], self._documents["principal"])
        return self

    def documents(self) -> Document:
        """As `Settings.principals` has them."""
        return self._documents

    def _read(self) -> Document:
        principal: Document = {
            "arn": self.arn,
            "id": "AIDA" + base64.b32encode(hashlib.sha256(self.arn.encode()).digest()).decode()[:17],
            "policies": {f"policies[{n}]": read_policy(text) for n, text in enumerate(self.policies)},
            "tags": self.tags,
        }
        if self.boundary is not None:
            principal["boundary"] = read_policy(self.boundary)
        if self.organization is not None:
            principal["organization"] = self.organization
        if self.arn.endswith(":root") and (self.policies or self.boundary):
            raise ValueError(f"{self.arn} is an account's root, which policies do not hold back: name a user")
        return {"key": {"id": self.access_key, "secret": self.secret_key}, "principal": principal}


def no_key_twice(principals: tuple[PrincipalOption, ...]) -> tuple[PrincipalOption, ...]:
    keys = [principal.access_key for principal in principals]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"access key {key} stands there twice: each belongs to one principal")
    return principals


def read_policy(text: str) -> Document:
    """A policy that is given as JSON or as the name of its file. Raises ValueError."""
    if not text.lstrip().startswith("{"):
        text = _content(Path(text))
    policy: Any = strict_json.loads(text)
    if not isinstance(policy, dict):
        raise ValueError("a policy is a JSON object with Version and Statement")
    return policy


def _content(path: Path) -> str:
    try:
        with path.open() as file:
            return file.read(LONGEST_FILE)
    except UnicodeDecodeError as error:
        raise ValueError(f"the policy file {path} is no text: {error}") from None
    except OSError as error:
        raise ValueError(f"the policy file {path} cannot be read: {error.strerror}") from None
