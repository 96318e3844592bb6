"""Whether a backend's certificate is for the host that was asked for.

The chain is OpenSSL's business. The host is checked here, after the handshake, for two reasons: it is checked
even where the chain is not (API Gateway's `insecureSkipVerification` skips the chain only), and a mismatch is
to be told together with the name in the certificate.
"""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from .upstream_errors import HostMismatch, TlsFailed


def check_certificate(der: bytes | None, host: str, now: datetime.datetime | None = None) -> None:
    """The certificate is in its time and for `host`. Raises `TlsFailed` or `HostMismatch`."""
    if der is None:
        raise TlsFailed(f"{host} presented no certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
        names, addresses = _alternative_names(certificate)
        subject = _common_name(certificate)
    except ValueError as error:
        raise TlsFailed(f"the certificate of {host} cannot be read: {error}") from error
    now = now or datetime.datetime.now(datetime.UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise TlsFailed(f"the certificate of {host} is valid from {first} to {last}")
    if not _is_for(host, names or [subject], addresses):
        raise HostMismatch(host, subject)


def _alternative_names(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return [], []
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return extension.value.get_values_for_type(x509.DNSName), [str(address) for address in addresses]


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _is_for(host: str, names: list[str], addresses: list[str]) -> bool:
    try:
        return str(ipaddress.ip_address(host)) in addresses
    except ValueError:
        wanted = host.rstrip(".").lower()
        return any(_name_covers(name.lower(), wanted) for name in names)


def _name_covers(name: str, host: str) -> bool:
    """RFC 6125: a wildcard stands for the whole leftmost label, of a name of three labels or more."""
    if name.startswith("*."):
        _, _, rest = host.partition(".")
        return rest == name[2:] and "." in rest and "*" not in rest
    return name == host
