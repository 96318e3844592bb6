"""Callers of APIs that the catalog does not know: the node's own key, those of the settings, dev's well-known
ones."""

from __future__ import annotations

import re

from gatewright.aws.credentials import CredentialsFile
from gatewright.aws.principals import Credential, Principal, root
from gatewright.gateway.callers import Local
from gatewright.gateway.principal_documents import credential_of
from gatewright.server.settings import Settings

# What people type where any credentials are accepted; the secret is the same word.
WELL_KNOWN = ("test", "dev")
ACCOUNT_SECRET = "test"  # of an access key that is twelve digits: that account's root, as in local clouds
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


def of_settings(settings: Settings) -> dict[str, Credential]:
    """The settings' `[[principals]]`, by access key."""
    made = (credential_of(one["key"], one["principal"]) for one in settings.principals)
    return {credential.access_key: credential for credential in made}


def of_serve(settings: Settings) -> Local:
    """The key in the credentials file is the account's root."""
    known, own = of_settings(settings), CredentialsFile(settings.credentials)
    account = root(settings.account_id)

    def find(access_key: str) -> Credential | None:
        if access_key in known:
            return known[access_key]
        secret = own.find(access_key)
        return None if secret is None else _credential(access_key, secret.secret_key, account)

    return find


def of_dev(settings: Settings) -> Local:
    """`test`/`test` and `dev`/`dev` are the account's root."""
    account = root(settings.account_id)
    known = {word: _credential(word, word, account) for word in WELL_KNOWN} | of_settings(settings)

    def find(access_key: str) -> Credential | None:
        if access_key not in known and _ACCOUNT.fullmatch(access_key):
            return _credential(access_key, ACCOUNT_SECRET, root(access_key))
        return known.get(access_key)

    return find


def _credential(access_key: str, secret_key: str, principal: Principal) -> Credential:
    return Credential(access_key=access_key, secret_key=secret_key, principal=principal)
