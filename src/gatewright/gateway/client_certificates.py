"""Client certificates out of the catalog, with the private keys that no operation answers with.

They are read when a stage is compiled: one is never changed, and goes only after the stages that name it have
let go of it, so that whatever changes what a stage shows changes the stage.
"""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document, Reader
from gatewright.gateway.errors import CannotCompile
from gatewright.wire.client_certificate import ClientCertificate


def stage_certificate(reader: Reader, stage: Document) -> ClientCertificate | None:
    """What a stage shows to HTTP backends; None for a stage that has none. Raises CannotCompile."""
    name = stage.get("clientCertificateId")
    if not name:
        return None
    certificate = read_certificate(reader, name)
    if certificate is None:
        raise CannotCompile("", "", f"client certificate {name} does not exist")
    return certificate


def read_certificate(reader: Reader, name: str) -> ClientCertificate | None:
    certificate = reader.get(keys.client_certificate(name))
    key = reader.get(keys.client_certificate_key(name))
    if certificate is None or key is None:
        return None
    return ClientCertificate(certificate["pemEncodedCertificate"], key["privateKey"])
