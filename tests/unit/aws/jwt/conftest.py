from __future__ import annotations

import pytest
from tests.support.issuer import Issuer


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer("https://issuer.test/")


@pytest.fixture(scope="session")
def stranger() -> Issuer:
    """Signs as well, under the same key ids, and nobody trusts it."""
    return Issuer("https://issuer.test/")
