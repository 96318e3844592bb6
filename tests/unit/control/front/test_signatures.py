"""The management port with a key: who may come in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.support.management import client_of, running_management

from gatewright.aws.credentials import create_credentials, ensure_credentials
from gatewright.aws.sigv4 import Secret, sign
from gatewright.catalog.api import Catalog, Partition
from gatewright.control.auth import Verifier

from .conftest import asker


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def secret(credentials: Path) -> Secret:
    return ensure_credentials(credentials)


@pytest.fixture
def endpoint(catalog: Catalog, credentials: Path) -> Iterator[str]:
    with running_management(catalog, verifier=Verifier(credentials)) as endpoint:
        yield endpoint


def code_of(endpoint: str, secret: Secret) -> str:
    """The error code a call signed with `secret` ends with."""
    with (
        client_of(endpoint, access_key=secret.access_key, secret_key=secret.secret_key) as client,
        pytest.raises(ClientError) as raised,
    ):
        client.get_rest_apis()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(raised.value.response["Error"]["Code"])


def test_the_nodes_key_comes_in_and_its_region_counts(
    endpoint: str, secret: Secret, catalog: Catalog
) -> None:
    with client_of(
        endpoint, access_key=secret.access_key, secret_key=secret.secret_key, region="eu-west-3"
    ) as client:
        api = client.create_rest_api(name="pets", description="ünï /?&=+")["id"]
        assert client.get_tags(resourceArn=f"arn:aws:apigateway:eu-west-3::/restapis/{api}")["tags"] == {}
    assert catalog.find(f"restapi/{api}") == Partition("111122223333", "eu-west-3")


def test_nobody_else_comes_in(endpoint: str, secret: Secret) -> None:
    assert code_of(endpoint, Secret(secret.access_key, "wrong")) == "InvalidSignatureException"
    assert code_of(endpoint, Secret("AKIDUNKNOWN", secret.secret_key)) == "UnrecognizedClientException"
    unsigned = asker(endpoint)("GET", "/restapis")
    assert unsigned.error == (403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def test_a_signature_for_another_service_does_not_come_in(endpoint: str, secret: Secret) -> None:
    host = endpoint.removeprefix("http://")
    now = time.time()
    for service, status in (("apigateway", 200), ("s3", 403)):
        headers = [(b"Host", host.encode())]
        signed = sign(
            "GET", "/restapis", None, headers, b"", secret, service=service, region="us-east-1", now=now
        )
        sent = {name.decode(): value.decode() for name, value in signed}
        assert asker(endpoint)("GET", "/restapis", **sent).status == status


def test_without_a_file_nobody_comes_in(endpoint: str) -> None:
    assert code_of(endpoint, Secret("AKIDEXAMPLE", "any")) == "UnrecognizedClientException"


def test_a_replaced_key_counts_at_once(endpoint: str, secret: Secret, credentials: Path) -> None:
    new = Secret("AKIAREPLACED", "another")
    with client_of(endpoint, access_key=secret.access_key, secret_key=secret.secret_key) as client:
        client.get_rest_apis()
    credentials.unlink()
    create_credentials(credentials, new)
    with client_of(endpoint, access_key=new.access_key, secret_key=new.secret_key) as client:
        assert client.get_rest_apis()["items"] == []
    assert code_of(endpoint, secret) == "UnrecognizedClientException"
