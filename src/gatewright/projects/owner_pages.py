"""The node's own pages, asked as an AWS client would ask: signed with the keys of a profile."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from gatewright.projects.api import ANY_KEY, Node, session_of

PAGES = "/_gatewright/"
SERVICE, REGION = "apigateway", "us-east-1"  # signed for; the pages are of no region
SIGN = " Sign with the node's own key: AWS_SHARED_CREDENTIALS_FILE=DIR/credentials, or --profile"
TIMEOUT = 30  # seconds


class Refused(Exception):
    """The node answers something else than the page; the message says what."""


def node_at(endpoint: str, profile: str | None, region: str | None) -> Node:
    """The node that answers at `endpoint`. Raises Refused and BotoCoreError."""
    told = owner_page(endpoint, profile, "node", {})
    return Node(endpoint, told["data"], region or told["region"], told["accountId"], profile)


def owner_page(endpoint: str, profile: str | None, page: str, query: dict[str, str]) -> dict[str, Any]:
    """Raises Refused and BotoCoreError."""
    session = session_of(profile)
    asked = f"?{urlencode(query)}" if query else ""
    request = AWSRequest("GET", f"{endpoint}{PAGES}{page}{asked}")
    keys = session.get_credentials() or Credentials(ANY_KEY, ANY_KEY)
    SigV4Auth(keys, SERVICE, REGION).add_auth(request)
    http = URLLib3Session(verify=session.get_config_variable("ca_bundle") or True, timeout=TIMEOUT)
    try:
        answer = http.send(request.prepare())
    finally:
        http.close()
    document = _object(answer.content)
    if answer.status_code != 200 or document is None:
        said = (document or {}).get("message", "no page of Gatewright")
        remedy = SIGN if answer.status_code == 403 else ""
        raise Refused(f"{endpoint} answers {answer.status_code}: {said}{remedy}")
    return document


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
