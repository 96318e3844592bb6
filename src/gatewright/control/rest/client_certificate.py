"""ClientCertificate: what the HTTP integrations of a stage show to backends that ask who calls."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, TooManyRequests
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import text
from gatewright.control.rest.common import check_tags, epoch, page_below, require_client_certificate

VALID_SECONDS = 365 * 86_400
MOST_CERTIFICATES = 60  # API Gateway's quota for an account and region
DESCRIPTION_CHARACTERS = 1_024


def generate_client_certificate(call: Call, params: Params) -> Document:
    """The private key is kept apart from what is answered, and no operation tells it."""
    if sum(1 for _ in call.tx.list(keys.CLIENT_CERTIFICATES)) >= MOST_CERTIFICATES:
        raise TooManyRequests(
            f"Too many client certificates: {MOST_CERTIFICATES} at most in a region. Delete some first.",
            code="LimitExceededException",
        )
    certificate = _described(call, params)
    from gatewright.aws.client_certificate import self_signed  # large: most nodes never make one

    pem, key = self_signed(certificate["createdDate"], certificate["expirationDate"])
    certificate["pemEncodedCertificate"] = pem
    call.tx.put(keys.client_certificate_key(certificate["clientCertificateId"]), {"privateKey": key})
    call.tx.put(keys.client_certificate(certificate["clientCertificateId"]), certificate)
    return certificate


def get_client_certificate(call: Call, params: Params) -> Document:
    return require_client_certificate(call, params["clientCertificateId"])


def get_client_certificates(call: Call, params: Params) -> Document:
    return page_below(call, keys.CLIENT_CERTIFICATES, params)


def update_client_certificate(call: Call, params: Params) -> Document:
    certificate = get_client_certificate(call, params)
    patch.replace(certificate, params, {"/description": text("description")})
    _check_description(certificate)
    call.tx.put(keys.client_certificate(certificate["clientCertificateId"]), certificate)
    return certificate


def delete_client_certificate(call: Call, params: Params) -> None:
    """Not while a stage shows it: the stage's backends would refuse it from then on."""
    wanted = get_client_certificate(call, params)["clientCertificateId"]
    for key, stage in call.tx.list(keys.STAGES):
        if stage.get("clientCertificateId") == wanted:
            api = key.split("/")[1]
            raise BadRequest(
                f"Cannot delete client certificate '{wanted}', is referenced in stage: "
                f"{api}/{stage['stageName']}"
            )
    call.tx.delete(keys.client_certificate_key(wanted))
    call.tx.delete(keys.client_certificate(wanted))


def _described(call: Call, params: Params) -> Document:
    """All of a new certificate but the certificate."""
    created = epoch(call)
    certificate: Document = {
        "clientCertificateId": call.services.new_id(6),
        "createdDate": created,
        "expirationDate": created + VALID_SECONDS,
    }
    for member in ("description", "tags"):
        if params.get(member):
            certificate[member] = params[member]
    _check_description(certificate)
    check_tags(certificate.get("tags", {}))
    return certificate


def _check_description(certificate: Document) -> None:
    if len(certificate.get("description", "")) > DESCRIPTION_CHARACTERS:
        raise BadRequest(
            f"Invalid client certificate description, can be at most {DESCRIPTION_CHARACTERS} characters."
        )
