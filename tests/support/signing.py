"""Requests signed by botocore, to see what the gateway makes of other people's signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"


@dataclass
class Keys:
    access_key: str
    secret_key: str
    token: str | None = None


@dataclass
class Signed:
    """A request as it will go out; tests tamper with it before."""

    method: str
    target: str  # path and query
    headers: dict[str, str]
    body: bytes = b""
    host: str = field(default="", repr=False)  # host:port to connect to

    def send(self) -> tuple[int, dict[str, str], str]:
        """(status, headers by lower-case name, body)."""
        connection = HTTPConnection(self.host, timeout=30)
        try:
            connection.request(self.method, self.target, self.body or None, self.headers)
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read().decode()
        finally:
            connection.close()


def signed(
    keys: Keys,
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    region: str = REGION,
    service: str = "execute-api",
    presigned: int | None = None,
) -> Signed:
    """Signed by botocore in its header, or in its query to be good for `presigned` seconds."""
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
    request = AWSRequest(method, url, headers or {}, body)
    signer: Any = (
        SigV4Auth(credentials, service, region)
        if presigned is None
        else SigV4QueryAuth(credentials, service, region, expires=presigned)
    )
    signer.add_auth(request)
    prepared = request.prepare()
    host, _, target = prepared.url.removeprefix("http://").partition("/")
    return Signed(method, f"/{target}", dict(prepared.headers.items()), body, host)


def keys_of(printed: str) -> Keys:
    """From the export lines that the command prints for the shell."""
    values = dict(re.findall(r"export AWS_(\w+)=(\S+)", printed))
    return Keys(values["ACCESS_KEY_ID"], values["SECRET_ACCESS_KEY"], values.get("SESSION_TOKEN"))
