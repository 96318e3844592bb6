"""Users, roles and access keys that call APIs, as `gatewright principals` keeps them in the catalog.

Each function works in one transaction on `keys.CALLERS` and raises `Refused` with the reason and the remedy.
Whatever is written has been compiled as a gateway compiles it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gatewright.aws.credentials import new_id, new_secret, new_session_secret
from gatewright.aws.sigv4 import Secret
from gatewright.catalog import keys
from gatewright.catalog.api import Document, Reader, Transaction
from gatewright.gateway.principal_documents import credential_of

Kind = Literal["user", "role"]

MOST_POLICIES = 100  # of one principal
SESSION_SECONDS = range(900, 43_201)  # as AssumeRole allows
_PREFIXES: Mapping[Kind, str] = {"user": "AIDA", "role": "AROA"}
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


class Refused(ValueError):
    """What is asked for cannot be; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a new user or role is made of."""

    name: str
    account: str
    path: str = "/"
    policies: Mapping[str, Document] | None = None
    boundary: Document | None = None
    tags: Mapping[str, str] | None = None
    organization: str | None = None


def create(tx: Transaction, kind: Kind, described: Described, now: float) -> Document:
    """The document of a new user or role."""
    document: Document = {
        "arn": f"arn:aws:iam::{described.account}:{kind}{described.path}{described.name}",
        "id": new_id(_PREFIXES[kind], 17),
        "policies": dict(described.policies or {}),
        "createdDate": int(now),
    }
    for member in ("boundary", "tags", "organization"):
        if value := getattr(described, member):
            document[member] = value
    if tx.get(keys.principal(document["arn"])) is not None:
        raise Refused(f"{document['arn']} exists already: delete it first, or change its policies")
    _store(tx, document)
    return document


def put_policy(tx: Transaction, who: str, name: str, policy: Document) -> Document:
    """Add a policy, or replace the one of that name; the principal's document."""
    document = find(tx, who)
    document["policies"][name] = policy
    _store(tx, document)
    return document


def delete_policy(tx: Transaction, who: str, name: str) -> Document:
    document = find(tx, who)
    if document["policies"].pop(name, None) is None:
        have = ", ".join(document["policies"]) or "none"
        raise Refused(f"{document['arn']} has no policy {name}; it has {have}")
    _store(tx, document)
    return document


def create_key(tx: Transaction, who: str, now: float) -> Secret:
    """A new access key of a user: the only time that its secret is told."""
    document = find(tx, who)
    if ":user/" not in document["arn"]:
        raise Refused(f"{document['arn']} is a role, which has no keys of its own: assume-role gives some")
    secret = new_secret()
    tx.put(keys.access_key(secret.access_key), _key(secret, document["arn"], now))
    return secret


def assume_role(
    tx: Transaction, who: str, session: str, seconds: int, policy: Document | None, now: float
) -> Secret:
    """Temporary keys of a role's session; sessions that have ended are cleared away."""
    document = find(tx, who)
    if ":role/" not in document["arn"]:
        raise Refused(f"{document['arn']} is no role: a user has its own keys, made by create-key")
    if seconds not in SESSION_SECONDS:
        raise Refused(
            f"a session lasts {SESSION_SECONDS.start} to {SESSION_SECONDS.stop - 1} seconds, not {seconds}"
        )
    secret = new_session_secret(int(now) + seconds)
    key = _key(secret, document["arn"], now) | {"sessionName": session}
    if policy is not None:
        key["policy"] = policy
    _check(key, document)
    _clear_ended(tx, now)
    tx.put(keys.access_key(secret.access_key), key)
    return secret


def delete(tx: Transaction, who: str) -> Document:
    """Remove a principal with its keys and sessions."""
    document = find(tx, who)
    for key in access_keys(tx, document["arn"]):
        tx.delete(keys.access_key(key["id"]))
    tx.delete(keys.principal(document["arn"]))
    return document


def delete_key(tx: Transaction, access_key: str) -> None:
    if not tx.delete(keys.access_key(access_key)):
        raise Refused(f"there is no access key {access_key}; `gatewright principals list` shows them")


def find(reader: Reader, who: str) -> Document:
    """The principal of an ARN, or of a name that only one has: `ann`, `user/ann`, `role/App`."""
    every = list(listed(reader))
    found = [one for one in every if who == one["arn"] or one["arn"].endswith((f"/{who}", f":{who}"))]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{who} may be {' or '.join(one['arn'] for one in found)}: write the ARN")
    known = ", ".join(one["arn"] for one in every) or "none"
    raise Refused(f"there is no principal {who}; there are: {known}")


def listed(reader: Reader) -> Iterator[Document]:
    """Every user and role, by ARN."""
    return (document for _, document in reader.list(keys.PRINCIPALS))


def access_keys(reader: Reader, arn: str) -> list[Document]:
    """The keys and sessions of a principal, without what is secret of them."""
    secret = ("secret", "sessionToken")
    return [
        {name: value for name, value in key.items() if name not in secret}
        for _, key in reader.list(keys.ACCESS_KEYS)
        if key["principal"] == arn
    ]


def _key(secret: Secret, arn: str, now: float) -> Document:
    key: Document = {
        "id": secret.access_key,
        "secret": secret.secret_key,
        "principal": arn,
        "createdDate": int(now),
    }
    if secret.session_token is not None:
        key |= {"sessionToken": secret.session_token, "expiration": secret.expires}
    return key


def _store(tx: Transaction, document: Document) -> None:
    if len(document["policies"]) > MOST_POLICIES:
        raise Refused(f"a principal has at most {MOST_POLICIES} policies: merge some")
    for name in document["policies"]:
        if not _POLICY_NAME.fullmatch(name):
            raise Refused(f"{name!r} is no name of a policy: write 1 to 128 letters, digits and _+=,.@-")
    probe: Document = {"id": "", "secret": "", "createdDate": 0}
    _check(probe if ":user/" in document["arn"] else probe | {"sessionName": "check"}, document)
    tx.put(keys.principal(document["arn"]), document)


def _check(key: Document, document: Document) -> None:
    """Compile them as a gateway does."""
    try:
        credential_of(key, document)
    except ValueError as error:
        raise Refused(str(error)) from None


def _clear_ended(tx: Transaction, now: float) -> None:
    for key, document in list(tx.list(keys.ACCESS_KEYS)):
        if document.get("expiration", now + 1) <= now:
            tx.delete(key)
