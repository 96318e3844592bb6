"""What a request says of its own signature, in the Authorization header or the query; nothing is proven."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from gatewright.aws import canonical
from gatewright.aws.canonical import ALGORITHM, TERMINATOR, Scope, Values
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
_USUAL = re.compile(rf"{ALGORITHM} Credential=([^\s,=]+), ?SignedHeaders=([^\s,=]+), ?Signature=")
_SIGNATURE_LENGTH = 64
_BASIC_FORMAT = "%Y%m%dT%H%M%SZ"
_BASIC_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


@dataclass(slots=True)
class Claim:
    credential: tuple[str, ...]  # access key, date, region, service, terminator, if well formed
    signed: tuple[str, ...]  # lower-case header names
    signature: str
    stated_date: str  # as it came
    token: str | None = field(repr=False)
    expires: int | None  # seconds after the date; None in the header form

    def moment(self) -> tuple[str, float]:
        """The date as YYYYMMDD'T'HHMMSS'Z', ISO 8601's basic format, and in Unix seconds; a Date header may
        have it in HTTP's own."""
        try:
            return _moment(self.stated_date)
        except (ValueError, OverflowError):
            raise IncompleteSignature(
                f"Date must be in ISO-8601 'basic format'. Got '{self.stated_date}'. "
                "See http://en.wikipedia.org/wiki/ISO_8601"
            ) from None

    @property
    def access_key(self) -> str:
        return self._elements()[0]

    @property
    def scope(self) -> Scope:
        """Where the signature is meant to be good; `scope_problems` says whether it is."""
        _, date, region, service, _ = self._elements()
        return Scope(date, region, service)

    def scope_problems(self, service: str, region: str | None, day: str) -> str:
        """Why the signature is not for this service, region (None: any) and day, in AWS's words.

        `day` is the date it was read from."""
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
        if date != day[:8]:
            more.append(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{date}' != '{day[:8]}', from '{day}'."
            )
        return problems + " ".join(more)

    def _elements(self) -> tuple[str, ...]:
        if len(self.credential) != 5:
            raise IncompleteSignature(
                "Credential must have exactly 5 slash-delimited elements, "
                f"e.g. keyid/date/region/service/term, got '{'/'.join(self.credential)}'"
            )
        return self.credential


@lru_cache(maxsize=512)
def _moment(date: str) -> tuple[str, float]:
    """Raises ValueError or OverflowError if there is no such moment."""
    if not _BASIC_DATE.fullmatch(date):
        time = parsedate_to_datetime(date).astimezone(UTC)
        return time.strftime(_BASIC_FORMAT), time.timestamp()
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:8])
    hour, minute, second = int(date[9:11]), int(date[11:13]), int(date[13:15])
    return date, datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


def header_claim(values: Values) -> Claim:
    """The claim in the authorization header; raises `IncompleteSignature`."""
    authorization = values[b"authorization"].decode("latin-1")
    date = text_of(values, b"x-amz-date") or text_of(values, b"date")
    token = text_of(values, b"x-amz-security-token")
    usual, signature = _usual(authorization[:-_SIGNATURE_LENGTH]), authorization[-_SIGNATURE_LENGTH:]
    if usual is not None and signature.isalnum() and date is not None:
        return Claim(*usual, signature, date, token, None)
    return _unusual_claim(authorization, date, token)


def text_of(values: Values, name: bytes) -> str | None:
    value = values.get(name)
    return None if value is None else value.decode("latin-1")


@lru_cache(maxsize=1024)
def _usual(beginning: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Credential and signed headers of an Authorization header as all signers write it, up to the signature:
    a client repeats it all day. None for any other."""
    found = _USUAL.fullmatch(beginning)
    return None if found is None else (tuple(found[1].split("/")), _names(found[2]))


def _unusual_claim(authorization: str, date: str | None, token: str | None) -> Claim:
    parameters = _parameters(authorization)
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
        tuple(parameters["Credential"].split("/")),
        _names(parameters["SignedHeaders"]),
        parameters["Signature"],
        date,
        token,
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
        tuple(values["X-Amz-Credential"].split("/")),
        _names(values["X-Amz-SignedHeaders"]),
        values["X-Amz-Signature"],
        values["X-Amz-Date"],
        values.get("X-Amz-Security-Token"),
        _expires(values["X-Amz-Expires"]),
    )


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


def _expires(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MOST_EXPIRES:
        return int(text)
    raise IncompleteSignature(f"X-Amz-Expires must be between 1 and {MOST_EXPIRES} seconds, not '{text}'")
