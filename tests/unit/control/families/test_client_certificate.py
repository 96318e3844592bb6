"""ClientCertificate: what is made, what changes, what keeps it, and that its private key stays inside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog

from .conftest import Documents, Refused

MISSING = ("NotFoundException", "Invalid Client Certificate identifier specified")
DESCRIPTION_TOO_LONG = (
    "BadRequestException",
    "Invalid client certificate description, can be at most 1024 characters.",
)


@pytest.fixture(scope="module")
def made(client: Any) -> dict[str, Any]:
    """One for all tests that leave it as it is: a key takes its time."""
    return shown(client.generate_client_certificate(description="for tests", tags={"a": "1"}))


@pytest.fixture
def spare(catalog: Catalog) -> str:
    """The id of one without a real certificate, for tests that change it."""
    return keep(catalog, "spare1")


def keep(catalog: Catalog, name: str) -> str:
    document = {"clientCertificateId": name, "pemEncodedCertificate": "pem", "createdDate": 1}
    with catalog.write(PARTITION) as tx:
        tx.put(keys.client_certificate(name), {**document, "expirationDate": 2})
        tx.put(keys.client_certificate_key(name), {"privateKey": "key"})
    return name


def test_the_certificate_is_as_the_service_makes_them(made: dict[str, Any]) -> None:
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    assert certificate.version is x509.Version.v3
    assert certificate.subject.rfc4514_string() == "CN=ApiGateway,L=Seattle,C=US"
    assert certificate.issuer == certificate.subject
    names = [extension.value for extension in certificate.extensions]
    assert names == [
        x509.SubjectKeyIdentifier.from_public_key(public),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(public),
    ]
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_before_utc == made["createdDate"]
    assert certificate.not_valid_after_utc == made["expirationDate"]
    assert made["expirationDate"] - made["createdDate"] == timedelta(days=365)


def test_the_private_key_is_its_own_and_no_operation_tells_it(
    client: Any, made: dict[str, Any], document: Documents
) -> None:
    name = made["clientCertificateId"]
    kept = document(keys.client_certificate_key(name))
    assert kept is not None
    private = serialization.load_pem_private_key(kept["privateKey"].encode(), None)
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    assert private.public_key() == certificate.public_key()
    answers = (
        made,
        client.get_client_certificate(clientCertificateId=name),
        client.get_client_certificates(limit=500),
        client.update_client_certificate(clientCertificateId=name, patchOperations=[]),
    )
    assert all("PRIVATE" not in str(answer) for answer in answers)


def test_it_is_read_as_it_was_made(client: Any, made: dict[str, Any]) -> None:
    assert set(made) == {
        "clientCertificateId",
        "description",
        "pemEncodedCertificate",
        "createdDate",
        "expirationDate",
        "tags",
    }
    assert len(made["clientCertificateId"]) == 6
    assert shown(client.get_client_certificate(clientCertificateId=made["clientCertificateId"])) == made
    assert made in client.get_client_certificates()["items"]


def test_without_a_description_and_tags_neither_is_there(client: Any, spare: str) -> None:
    assert set(shown(client.get_client_certificate(clientCertificateId=spare))) == {
        "clientCertificateId",
        "pemEncodedCertificate",
        "createdDate",
        "expirationDate",
    }


def test_listings_have_pages(client: Any, catalog: Catalog) -> None:
    wanted = {keep(catalog, f"page{number:02}") for number in range(3)}
    pages = client.get_paginator("get_client_certificates").paginate(PaginationConfig={"PageSize": 2})
    found = [item["clientCertificateId"] for page in pages for item in page["items"]]
    assert wanted <= set(found)
    assert len(found) == len(set(found))


def test_the_description_changes_and_goes(client: Any, spare: str) -> None:
    def describe(value: str) -> dict[str, Any]:
        return shown(
            client.update_client_certificate(
                clientCertificateId=spare, patchOperations=replace("/description", value)
            )
        )

    assert describe("new")["description"] == "new"
    assert "description" not in describe("")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            patch("replace", "/pemEncodedCertificate", "x"),
            "Invalid patch path  '/pemEncodedCertificate' specified for op 'replace'. "
            "Must be one of: [/description]",
        ),
        (
            patch("remove", "/description"),
            "Invalid patch path  '/description' specified for op 'remove'. "
            "Please choose supported operations",
        ),
        (patch("replace", "/description", "d" * 1025), DESCRIPTION_TOO_LONG[1]),
    ],
)
def test_bad_patches(
    client: Any, refused: Refused, spare: str, operation: dict[str, str], message: str
) -> None:
    before = client.get_client_certificate(clientCertificateId=spare)
    operations = [*replace("/description", "first"), operation]
    params = {"clientCertificateId": spare, "patchOperations": operations}
    assert refused(client.update_client_certificate, **params) == ("BadRequestException", message)
    assert shown(client.get_client_certificate(clientCertificateId=spare)) == shown(before)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"description": "d" * 1025}, DESCRIPTION_TOO_LONG),
        (
            {"tags": {"aws:x": "1"}},
            (
                "BadRequestException",
                "Invalid tag key specified: 'aws:x' must have 1 to 128 characters and must not start with "
                "'aws:'",
            ),
        ),
    ],
)
def test_none_is_made_of_bad_words(
    client: Any, refused: Refused, given: dict[str, Any], refusal: tuple[str, str]
) -> None:
    before = client.get_client_certificates(limit=500)["items"]
    assert refused(client.generate_client_certificate, **given) == refusal
    assert client.get_client_certificates(limit=500)["items"] == before


def test_no_more_than_sixty_in_a_region(client: Any, refused: Refused, catalog: Catalog) -> None:
    have = len(client.get_client_certificates(limit=500)["items"])
    more = [keep(catalog, f"more{number:02}") for number in range(60 - have)]
    code, message = refused(client.generate_client_certificate)
    assert code == "LimitExceededException"
    assert message == "Too many client certificates: 60 at most in a region. Delete some first."
    for name in more:
        client.delete_client_certificate(clientCertificateId=name)


def test_what_is_missing(client: Any, refused: Refused) -> None:
    for operation in ("get", "update", "delete"):
        call = getattr(client, f"{operation}_client_certificate")
        assert refused(call, clientCertificateId="nobody") == MISSING


def test_one_that_a_stage_shows_stays(
    client: Any, refused: Refused, api: str, stage: str, spare: str, document: Documents
) -> None:
    where = {"restApiId": api, "stageName": "prod"}
    client.update_stage(**where, patchOperations=replace("/clientCertificateId", spare))
    assert client.get_stage(**where)["clientCertificateId"] == spare
    assert refused(client.delete_client_certificate, clientCertificateId=spare) == (
        "BadRequestException",
        f"Cannot delete client certificate '{spare}', is referenced in stage: {api}/prod",
    )
    client.update_stage(**where, patchOperations=replace("/clientCertificateId", ""))
    assert "clientCertificateId" not in client.get_stage(**where)
    answer = client.delete_client_certificate(clientCertificateId=spare)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert document(keys.client_certificate_key(spare)) is None


def test_a_stage_shows_none_that_is_not_there(client: Any, refused: Refused, api: str, stage: str) -> None:
    where = {"restApiId": api, "stageName": "prod"}
    params = {**where, "patchOperations": replace("/clientCertificateId", "nobody")}
    assert refused(client.update_stage, **params) == ("BadRequestException", MISSING[1])
    assert "clientCertificateId" not in client.get_stage(**where)


def test_tags_by_its_arn(client: Any, refused: Refused, spare: str) -> None:
    arn = f"arn:aws:apigateway:{PARTITION.region}::/clientcertificates/"
    client.tag_resource(resourceArn=arn + spare, tags={"b": "2", "c": "3"})
    client.untag_resource(resourceArn=arn + spare, tagKeys=["b"])
    assert client.get_tags(resourceArn=arn + spare)["tags"] == {"c": "3"}
    assert client.get_client_certificate(clientCertificateId=spare)["tags"] == {"c": "3"}
    assert refused(client.get_tags, resourceArn=arn + "nobody") == MISSING
