"""Key sets: when an issuer is asked, what of its answer counts, what goes on without it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from tests.support.issuer import Issuer

from gatewright.aws.jwt.keys import KeySet
from gatewright.gateway.issuers import TEST_ISSUER, IssuerSettings, Place, Source, source_of
from gatewright.gateway.jwks import KeySets
from gatewright.wire.answer import Answer
from gatewright.wire.client import Target
from gatewright.wire.pending import Pending, drive
from gatewright.wire.upstream_errors import AnswerTooLarge, ConnectFailed

POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
OIDC = "https://issuer.example.com/"
LOCAL = "http://127.0.0.1:9000/realms/x"
SETTINGS = IssuerSettings(keys_lifetime=3600.0, refetch_floor=5.0)
ISSUER = Issuer(POOL)
KEYS = ISSUER.jwks().encode()
NEWER = json.dumps({"keys": [ISSUER.jwk("rsa", kid="new")]}).encode()


class Site:
    """Stands in for the client: a question stays open until the test answers it. Its time stands still."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked: list[str] = []
        self._open: list[Pending[Answer]] = []
        self._target: Target

    # ---- what KeySets use of a client ----

    @property
    def timers(self) -> Site:
        return self

    def clock(self) -> float:
        return self.now

    def pool(self, target: Target) -> Site:
        self._target = target
        return self

    def send(self, head: bytes, *, timeout: float, method: str) -> Pending[Answer]:
        path = head.split(b" ")[1].decode()
        self.asked.append(f"{self._target.scheme}://{self._target.host}:{self._target.port}{path}")
        self._open.append(Pending())
        return self._open[-1]

    # ---- what a test does ----

    def answer(self, body: bytes, status: int = 200) -> None:
        self._open.pop(0).resolve(Answer(status, [], body))

    def fail(self, error: Exception) -> None:
        self._open.pop(0).fail(error)


class Asked:
    """A question to key sets; `keys` once it is answered."""

    def __init__(self, question: Coroutine[Any, Any, KeySet | None]) -> None:
        self.answers: list[KeySet | None] = []
        drive(question, self.answers.append)

    @property
    def waits(self) -> bool:
        return not self.answers

    @property
    def keys(self) -> KeySet | None:
        return self.answers[0]


def pool(settings: IssuerSettings = SETTINGS) -> Source:
    return source_of(settings, "arn", POOL, discovered=False)


def made(site: Site, settings: IssuerSettings = SETTINGS, **more: Any) -> KeySets:
    return KeySets(cast(Any, site), settings, **more)


def filled(site: Site, source: Source) -> KeySets:
    """With the keys of `source`, just fetched."""
    key_sets = made(site)
    Asked(key_sets.find(source, "rsa"))
    site.answer(KEYS)
    site.asked.clear()
    return key_sets


def test_one_fetch_answers_all_who_wait() -> None:
    site = Site()
    key_sets = made(site)
    questions = [Asked(key_sets.find(pool(), key_id)) for key_id in ("rsa", "rsa", "other")]
    assert site.asked == [
        "https://cognito-idp.us-east-1.amazonaws.com:443/us-east-1_abc/.well-known/jwks.json"
    ]
    assert all(question.waits for question in questions)
    site.answer(KEYS)
    assert all(question.keys is key_sets.fresh(pool()) is not None for question in questions)
    assert not Asked(key_sets.find(pool(), "rsa")).waits
    assert len(site.asked) == 1


def test_an_unknown_key_is_asked_for_but_not_all_the_time() -> None:
    site = Site()
    key_sets = filled(site, pool())
    before = key_sets.fresh(pool())
    site.now += 4.9
    assert Asked(key_sets.find(pool(), "new")).keys is before
    assert site.asked == []
    site.now += 0.1
    question = Asked(key_sets.find(pool(), "new"))
    assert question.waits
    assert not Asked(key_sets.find(pool(), "rsa")).waits, "a known key does not wait for the unknown one"
    site.answer(KEYS)
    assert question.keys is before is key_sets.fresh(pool()), "what did not change stays the same object"
    site.now += 5
    question = Asked(key_sets.find(pool(), "new"))
    site.answer(NEWER)
    assert question.keys is key_sets.fresh(pool()) is not before


def test_keys_are_asked_for_again_after_an_hour() -> None:
    site = Site()
    key_sets = filled(site, pool())
    site.now += 3599.9
    assert key_sets.fresh(pool()) is not None
    site.now += 0.1
    assert key_sets.fresh(pool()) is None
    question = Asked(key_sets.find(pool(), "rsa"))
    assert question.waits
    site.answer(NEWER)
    keys = question.keys
    assert keys is not None
    assert keys.ids == {"new"}


def test_old_keys_go_on_while_the_issuer_is_down(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gatewright")
    site = Site()
    key_sets = filled(site, pool())
    before = key_sets.fresh(pool())
    site.now += 3600
    first = Asked(key_sets.find(pool(), "rsa"))
    site.fail(ConnectFailed("refused"))
    assert first.keys is before is key_sets.fresh(pool())
    for _ in range(3):
        site.now += 5
        again = Asked(key_sets.find(pool(), "rsa"))
        assert again.keys is before, "answered before the issuer is"
        site.fail(ConnectFailed("refused"))
    assert len(site.asked) == 4
    site.now += 5
    Asked(key_sets.find(pool(), "rsa"))
    site.answer(KEYS)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "WARNING",
            f"the keys of {POOL} cannot be fetched, those it had go on: "
            f"{POOL}/.well-known/jwks.json: refused",
        ),
        ("INFO", f"the keys of {POOL} can be fetched again"),
    ]


def test_an_issuer_that_never_answered_is_asked_again_after_the_floor() -> None:
    site = Site()
    key_sets = made(site)
    question = Asked(key_sets.find(pool(), "rsa"))
    site.fail(ConnectFailed("refused"))
    assert question.keys is None
    assert "refused" in key_sets.why_none(pool())
    assert Asked(key_sets.find(pool(), "rsa")).keys is None
    assert len(site.asked) == 1
    site.now += 5
    question = Asked(key_sets.find(pool(), "rsa"))
    site.answer(KEYS)
    assert question.keys is not None


ANSWERS: dict[str, tuple[Callable[[Site], None], str]] = {
    "too large": (lambda site: site.fail(AnswerTooLarge("more than 262144 bytes")), "more than 262144 bytes"),
    "an error": (lambda site: site.answer(KEYS, 500), "answers 500"),
    "a redirect": (lambda site: site.answer(KEYS, 302), "answers 302; redirects are not followed"),
    "no JSON": (lambda site: site.answer(b"<html>"), "the key set cannot be read"),
    "no keys": (lambda site: site.answer(b'{"keys": []}'), "the key set has no usable key: it is empty"),
    "secret keys": (
        lambda site: site.answer(b'{"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}'),
        "'oct' is no kind of key",
    ),
}


@pytest.mark.parametrize(("answer", "why"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers_that_are_no_key_set(answer: Callable[[Site], None], why: str) -> None:
    site = Site()
    key_sets = made(site)
    question = Asked(key_sets.find(pool(), "rsa"))
    answer(site)
    assert question.keys is None
    assert why in key_sets.why_none(pool())


def discovery(**members: object) -> bytes:
    return json.dumps(members).encode()


DISCOVERED = {
    "as it says": (
        None,
        discovery(issuer=OIDC, jwks_uri="https://keys.example.com/k"),
        "keys.example.com:443/k",
    ),
    "mapped, by its own name": (
        Place(LOCAL),
        discovery(issuer=LOCAL, jwks_uri=f"{LOCAL}/certs"),
        "127.0.0.1:9000/realms/x/certs",
    ),
    "mapped, by the name in the API": (
        Place(LOCAL + "/"),
        discovery(issuer=OIDC, jwks_uri=f"{OIDC}certs"),
        "127.0.0.1:9000/realms/x/certs",
    ),
    "mapped, with another name outside": (
        Place(LOCAL, "http://localhost:8080/realms/x"),
        discovery(
            issuer="http://localhost:8080/realms/x", jwks_uri="http://localhost:8080/realms/x/certs?a=b"
        ),
        "127.0.0.1:9000/realms/x/certs?a=b",
    ),
    "mapped, keys elsewhere": (
        Place(LOCAL),
        discovery(issuer=LOCAL, jwks_uri="http://127.0.0.1:9000/realms/x-keys"),
        "127.0.0.1:9000/realms/x-keys",
    ),
}


@pytest.mark.parametrize(("place", "document", "keys_at"), DISCOVERED.values(), ids=DISCOVERED.keys())
def test_an_issuer_says_where_its_keys_are(place: Place | None, document: bytes, keys_at: str) -> None:
    site = Site()
    settings = IssuerSettings({OIDC: place} if place else {})
    source = source_of(settings, OIDC, OIDC, discovered=True)
    question = Asked(made(site).find(source, "rsa"))
    site.answer(document)
    site.answer(KEYS)
    base = "127.0.0.1:9000/realms/x" if place else "issuer.example.com:443"
    asked = [url.partition("://")[2] for url in site.asked]
    assert asked == [f"{base}/.well-known/openid-configuration", keys_at]
    assert question.keys is not None


REFUSED = {
    "no JSON": (b"<html>", "its discovery document cannot be read"),
    "a list": (b"[]", "its discovery document is of None"),
    "another issuer": (discovery(issuer="https://evil.example"), "is of 'https://evil.example', not of"),
    "the issuer without its slash": (discovery(issuer=OIDC[:-1]), "is of 'https://issuer.example.com', not"),
    "no keys": (discovery(issuer=OIDC), "has no jwks_uri: None"),
    "keys in a file": (discovery(issuer=OIDC, jwks_uri="file:///etc/passwd"), "has no jwks_uri"),
    "keys in the open": (discovery(issuer=OIDC, jwks_uri="http://keys.example/k"), "not served over https"),
    "no address": (
        discovery(issuer=OIDC, jwks_uri="https://u:p@keys.example/k"),
        "is no http or https address",
    ),
}


@pytest.mark.parametrize(("document", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_discovery_documents_that_are_refused(document: bytes, why: str) -> None:
    site = Site()
    source = source_of(SETTINGS, OIDC, OIDC, discovered=True)
    key_sets = made(site)
    question = Asked(key_sets.find(source, "rsa"))
    site.answer(document)
    assert question.keys is None
    assert why in key_sets.why_none(source)
    assert len(site.asked) == 1


def test_the_test_issuer_is_asked_on_this_machine() -> None:
    site = Site()
    settings = IssuerSettings(
        {"arn": Place(TEST_ISSUER)}, test_issuer="http://127.0.0.1:4566/_gatewright/issuer"
    )
    source = pool(settings)
    assert source.names == (POOL, "http://127.0.0.1:4566/_gatewright/issuer")
    assert Asked(made(site, settings, test_keys=lambda: KEYS).find(source, "rsa")).keys is not None

    def unreadable() -> bytes:
        raise PermissionError("the key file cannot be read")

    key_sets = made(site, settings, test_keys=unreadable)
    assert Asked(key_sets.find(source, "rsa")).keys is None
    assert key_sets.why_none(source) == "the key file cannot be read"
    assert site.asked == []


def test_who_is_not_mapped_goes_to_the_test_issuer_only_where_that_is_said() -> None:
    name = "http://127.0.0.1:4566/_gatewright/issuer"
    assert pool(IssuerSettings(test_issuer=name)) == Source((POOL,), POOL, False, False)
    assert pool(IssuerSettings(test_issuer=name, unmapped_to_test_issuer=True)).url == TEST_ISSUER
    mapped = IssuerSettings({"arn": Place(LOCAL)}, name, unmapped_to_test_issuer=True)
    assert pool(mapped) == Source((POOL, LOCAL), LOCAL, False, True)
