"""UpdateIntegration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.integration import get_integration, put_integration, update_integration
from gatewright.control.rest.method import put_method

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]


@pytest.fixture(autouse=True)
def integration(do: Do) -> None:
    declared = {"method.request.querystring.kind": True}
    do(put_method, httpMethod="GET", authorizationType="NONE", requestParameters=declared)
    do(put_integration, httpMethod="GET", type="HTTP", integrationHttpMethod="GET", uri="http://backend")


def patch(op: str, path: str, value: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def test_every_path_changes_its_member(do: Do) -> None:
    operations = [
        patch("replace", "/httpMethod", "POST"),
        patch("replace", "/uri", "https://other"),
        patch("replace", "/connectionType", "VPC_LINK"),
        patch("replace", "/connectionId", "link01"),
        patch("replace", "/contentHandling", "CONVERT_TO_BINARY"),
        patch("replace", "/passthroughBehavior", "never"),
        patch("replace", "/timeoutInMillis", "1500"),
        patch("replace", "/cacheNamespace", "shared"),
        patch("replace", "/tlsConfig/insecureSkipVerification", "true"),
        patch("replace", "/responseTransferMode", "BUFFERED"),
        patch("add", "/cacheKeyParameters/method.request.querystring.kind", ""),
        patch("add", "/requestParameters/integration.request.header.k", "method.request.querystring.kind"),
        patch("add", "/requestTemplates/application~1json", "{}"),
        patch("add", "/requestTemplates/text~1plain", ""),
    ]
    changed = do(update_integration, httpMethod="GET", patchOperations=operations)
    assert changed == {
        "type": "HTTP",
        "httpMethod": "POST",
        "uri": "https://other",
        "connectionType": "VPC_LINK",
        "connectionId": "link01",
        "contentHandling": "CONVERT_TO_BINARY",
        "passthroughBehavior": "NEVER",
        "timeoutInMillis": 1500,
        "cacheNamespace": "shared",
        "cacheKeyParameters": ["method.request.querystring.kind"],
        "tlsConfig": {"insecureSkipVerification": True},
        "responseTransferMode": "BUFFERED",
        "requestParameters": {"integration.request.header.k": "method.request.querystring.kind"},
        "requestTemplates": {"application/json": "{}", "text/plain": None},
    }
    assert do(get_integration, httpMethod="GET") == changed


def test_what_is_emptied_returns_to_its_default(do: Do) -> None:
    before = do(get_integration, httpMethod="GET")
    operations = [
        patch("add", "/cacheKeyParameters", "method.request.querystring.kind"),
        patch("remove", "/cacheKeyParameters/method.request.querystring.kind"),
        patch("add", "/requestTemplates/application~1json", "{}"),
        patch("remove", "/requestTemplates/application~1json"),
        patch("replace", "/contentHandling", "CONVERT_TO_TEXT"),
        patch("replace", "/contentHandling", ""),
        patch("replace", "/connectionType", "INTERNET"),
    ]
    assert do(update_integration, httpMethod="GET", patchOperations=operations) == before


def test_who_goes_back_to_the_public_way_leaves_the_link(do: Do) -> None:
    before = do(get_integration, httpMethod="GET")
    for way, link in (("VPC_LINK", "link01"), ("INTERNET", None)):
        operations = [patch("replace", "/connectionType", way)]
        if link:
            operations.append(patch("replace", "/connectionId", link))
        changed = do(update_integration, httpMethod="GET", patchOperations=operations)
        assert changed.get("connectionId") == link
    assert changed == before


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (patch("replace", "/type", "MOCK"), "Invalid patch path /type"),
        (patch("replace", "/requestTemplates", "{}"), "Invalid patch path /requestTemplates"),
        (patch("replace", "/tlsConfig", "true"), "Invalid patch path /tlsConfig"),
        (patch("add", "/uri", "x"), "Invalid patch operation specified. Must be one of: [replace]"),
        (patch("replace", "/uri", "backend"), "Invalid HTTP endpoint specified for URI"),
        (patch("replace", "/httpMethod", ""), "Enumeration value for HttpMethod must be non-empty"),
        (patch("replace", "/timeoutInMillis", "soon"), "Timeout should be between 50 ms and 29000 ms"),
        (
            patch("replace", "/timeoutInMillis", "0" * 9 + "5000"),
            "Timeout should be between 50 ms and 29000 ms",
        ),
        (patch("replace", "/timeoutInMillis", "9" * 5000), "Timeout should be between 50 ms and 29000 ms"),
        (
            patch("replace", "/connectionType", "VPC_LINK"),
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK",
        ),
        (
            patch("replace", "/connectionId", "link01"),
            "connectionId 'link01' is for connectionType VPC_LINK: set connectionType to VPC_LINK, or leave "
            "connectionId out",
        ),
        (
            patch("replace", "/connectionType", "LINK"),
            "Invalid connectionType specified. Valid options are INTERNET,VPC_LINK",
        ),
        (
            patch("replace", "/contentHandling", "CONVERT"),
            "Invalid contentHandling specified. Valid options are CONVERT_TO_BINARY,CONVERT_TO_TEXT",
        ),
        (
            patch("add", "/cacheKeyParameters/method.request.path.id"),
            "Invalid cache key parameter specified",
        ),
        (
            patch("add", "/requestParameters/integration.request.header.x", "method.request.header.y"),
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression parameter specified: method.request.header.y]",
        ),
    ],
)
def test_bad_patches_are_refused(refused: Refused, operation: dict[str, Any], message: str) -> None:
    answer = refused(update_integration, httpMethod="GET", patchOperations=[operation])
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/requestParameters/integration.request.header.x", "Invalid parameter name specified"),
        ("/requestTemplates/application~1json", "Content-Type specified was not found"),
    ],
)
def test_what_is_not_there_cannot_be_removed(refused: Refused, path: str, message: str) -> None:
    answer = refused(update_integration, httpMethod="GET", patchOperations=[patch("remove", path)])
    assert answer == ("NotFoundException", 404, message)


def test_a_mock_has_neither_verb_nor_uri(do: Do, refused: Refused) -> None:
    do(put_integration, httpMethod="GET", type="MOCK")
    for path in ("/uri", "/httpMethod"):
        answer = refused(update_integration, httpMethod="GET", patchOperations=[patch("replace", path, "x")])
        assert answer == ("BadRequestException", 400, f"Invalid patch path {path}")


def test_missing_parents_have_their_words(do: Do, refused: Refused) -> None:
    do(put_method, httpMethod="PUT", authorizationType="NONE")
    operations = [patch("replace", "/cacheNamespace", "x")]
    answer = refused(update_integration, httpMethod="PUT", patchOperations=operations)
    assert answer == ("NotFoundException", 404, "Invalid Integration identifier specified")
    answer = refused(update_integration, httpMethod="POST", patchOperations=operations)
    assert answer == ("NotFoundException", 404, "Invalid Method identifier specified")
