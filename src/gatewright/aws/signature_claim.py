"""What a request says of its own signature, in the Authorization header or the query; nothing is proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gatewright.aws import canonical
from gatewright.aws.canonical import ALGORITHM, TERMINATOR, Scope
from gatewright.aws.signature_errors import IncompleteSignature, hashed

MOST_EXPIRES = 604_800  # seconds: a presigned URL is good for a week at most

_QUERY_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
    "X-Amz-Expires",
)
_BASIC_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Claim:
    credential: str  # access key/date/region/service/terminator, if well formed
    signed: tuple[str, ...]  # lower-case header names
    signature: str
    date: str  # YYYYMMDD'T'HHMMSS'Z'
    token: str | None = field(repr=False)
    expires: int | None  # seconds after `date`; None in the header form

    @property
    def time(self) -> float:
        return datetime.strptime(self.date, _BASIC_FORMAT).replace(tzinfo=UTC).timestamp()

    @property
    def access_key(self) -> str:
        return self._elements()[0]

    @property
    def scope(self) -> Scope:
        """Where the signature is meant to be good; `scope_problems` says whether the date agrees."""
        _, date, region, service, _ = self._elements()
        return Scope(date, region, service)

    def scope_problems(self, service: str, region: str | None) -> str:
        """Why the signature is not for this service, region (None: any) and date, in AWS's words."""
        _, date, its_region, its_service, terminator = self._elements()
        problems, more = "", []
        if region is not None and its_region != region:
            problems += f"Credential should be scoped to a valid region, not '{its_region}'. "
        if its_service != service:
            problems += f"Credential should be scoped to correct service: '{service}'. "
        if terminator != TERMINATOR:
            more.append(
                f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
            )
        if date != self.date[:8]:
            more.append(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{date}' != '{self.date[:8]}', from '{self.date}'."
            )
        return problems + " ".join(more)

    def _elements(self) -> list[str]:
        elements = self.credential.split("/")
        if len(elements) != 5:
            raise IncompleteSignature(
                "Credential must have exactly 5 slash-delimited elements, "
                f"e.g. keyid/date/region/service/term, got '{self.credential}'"
            )
        return elements


def header_claim(fields: list[tuple[bytes, bytes]]) -> Claim:
    """The claim in the Authorization header; raises `IncompleteSignature`."""
    values = _headers(fields)
    authorization = values["authorization"]
    parameters = _parameters(authorization)
    date = values.get("x-amz-date") or values.get("date")
    missing = [
        f"Authorization header requires '{name}' parameter. "
        for name in ("Credential", "Signature", "SignedHeaders")
        if name not in parameters
    ]
    if date is None:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if missing or date is None:
        raise IncompleteSignature(
            f"{''.join(missing)}(Hashed with SHA-256 and encoded with Base64) "
            f"Authorization={hashed(authorization)}"
        )
    return Claim(
        parameters["Credential"],
        _names(parameters["SignedHeaders"]),
        parameters["Signature"],
        _basic_date(date),
        values.get("x-amz-security-token"),
        None,
    )


def query_claim(query: str) -> Claim:
    """The claim in a presigned query; raises `IncompleteSignature`."""
    pairs = reversed(canonical.query_pairs(query))  # the first of a repeated name counts
    values = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    for name in _QUERY_PARAMETERS:
        if name not in values:
            raise IncompleteSignature(f"AWS query-string parameters must include '{name}'")
    if values["X-Amz-Algorithm"] != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{values['X-Amz-Algorithm']}'.")
    return Claim(
        values["X-Amz-Credential"],
        _names(values["X-Amz-SignedHeaders"]),
        values["X-Amz-Signature"],
        _basic_date(values["X-Amz-Date"]),
        values.get("X-Amz-Security-Token"),
        _expires(values["X-Amz-Expires"]),
    )


def _headers(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields as text by lower-case name; repeats are joined, so that two signatures are none."""
    values: dict[str, str] = {}
    for key, value in fields:
        name, text = key.lower().decode("latin-1"), value.strip().decode("latin-1")
        values[name] = f"{values[name]},{text}" if name in values else text
    return values


def _parameters(authorization: str) -> dict[str, str]:
    """`Credential=…, SignedHeaders=…, Signature=…`, separated by commas, spaces or both."""
    rest = authorization.removeprefix(f"{ALGORITHM} ")
    parts = rest.replace(",", " ").split() if rest != authorization else [authorization]
    parameters: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or name in parameters:
            raise IncompleteSignature(
                "Invalid key=value pair (missing equal-sign) in Authorization header "
                f"(hashed with SHA-256 and encoded with Base64): '{hashed(authorization)}'."
            )
        parameters[name] = value
    return parameters


def _names(signed_headers: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in signed_headers.split(";"))


def _basic_date(text: str) -> str:
    """The date in ISO 8601's basic format; a Date header may have it in HTTP's own."""
    try:
        if len(text) == len("YYYYMMDDTHHMMSSZ"):
            datetime.strptime(text, _BASIC_FORMAT)
            return text
        return parsedate_to_datetime(text).astimezone(UTC).strftime(_BASIC_FORMAT)
    except (ValueError, OverflowError):
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None


def _expires(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MOST_EXPIRES:
        return int(text)
    raise IncompleteSignature(f"X-Amz-Expires must be between 1 and {MOST_EXPIRES} seconds, not '{text}'")
