"""Token authorizers against an issuer whose keys the test controls: every forgery, and keys that change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from tests.integration.conftest import LOCAL
from tests.support.issuer import Issuer, encoded
from tests.support.key_server import KEYS, KeyServer, key_server
from tests.support.processes import Gatewright
from tests.support.token_apis import EXPIRED, FORBIDDEN, UNAUTHORIZED, TokenApi

ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"
POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
OTHER_ARN = ARN.replace("_abc", "_def")
CHANGING_ARN = ARN.replace("_abc", "_ghi")
CHANGING_POOL = POOL.replace("_abc", "_ghi")
OIDC = "https://issuer.example.com"
NOW = int(time.time())

SETTINGS = """
issuer_refetch_floor = 0

[issuers]
"{arn}" = "{url}/us-east-1_abc"
"{other}" = "{url}/nothing"
"{changing}" = "{url}/changing"
"https://issuer.example.com" = "{url}/realms/x"
"""


@pytest.fixture(scope="module")
def site() -> Iterator[KeyServer]:
    with key_server() as made:
        yield made


@pytest.fixture(scope="module")
def pool(site: KeyServer) -> Issuer:
    issuer = Issuer(POOL)
    site.serve_pool("/us-east-1_abc", issuer)
    return issuer


@pytest.fixture(scope="module")
def realm(site: KeyServer) -> Issuer:
    issuer = Issuer(f"{site.url}/realms/x")
    site.serve_issuer("/realms/x", issuer)
    return issuer


@pytest.fixture(scope="module")
def node(site: KeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    config: Path = tmp_path_factory.mktemp("tokens") / "gatewright.toml"
    config.write_text(SETTINGS.format(arn=ARN, other=OTHER_ARN, changing=CHANGING_ARN, url=site.url))
    made = Gatewright("dev", config.parent / "data", *LOCAL, "--config", str(config))
    yield made.ready()
    made.close()


@pytest.fixture(scope="module")
def api(node: Gatewright, pool: Issuer, realm: Issuer) -> TokenApi:
    made = TokenApi(node)
    users = made.user_pools(ARN)
    made.protect("/id", "COGNITO_USER_POOLS", users)
    made.protect("/scoped", "COGNITO_USER_POOLS", users, "pets/read", "pets/own")
    app_only = made.user_pools(ARN, identityValidationExpression="app-[0-9]+")
    made.protect("/app", "COGNITO_USER_POOLS", app_only)
    made.protect("/app-scoped", "COGNITO_USER_POOLS", app_only, "pets/read")
    made.protect("/both", "COGNITO_USER_POOLS", made.user_pools(OTHER_ARN, ARN))
    issuer = {
        "issuer": OIDC,
        "audiences": ["app", "web"],
        "additionalClaims": [
            {"claimName": "tenant", "format": "SINGLE_STRING", "required": True, "expectedValues": ["a", "b"]}
        ],
    }
    tokens = made.jwt(issuer, algorithms=("RS256", "ES256"))
    made.protect("/jwt", "JWT", tokens)
    made.protect("/jwt-scoped", "JWT", tokens, "pets/read")
    made.deploy()
    return made


def id_claims(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    """Good for `/id` and, with a tenant, for `/jwt`."""
    good = {"token_use": "id", "exp": NOW + 3600, "iat": NOW - 60, "tenant": "a", "scope": None}
    return issuer.claims(**{**good, **changes})


def test_a_good_token_is_accepted_and_its_claims_are_texts(api: TokenApi, pool: Issuer) -> None:
    token = pool.sign(id_claims(pool, exp=4_102_444_800))
    expected = "ann|Fri Jan 01 00:00:00 UTC 2100|"
    assert api.ask("/id", token)[::2] == (200, expected)
    assert api.ask("/id", f"Bearer {token}")[::2] == (200, expected)
    assert api.ask("/both", token).status == 200
    assert "signed it for ann" in api.why("/both")


Forge = Callable[[Issuer], str]


def changed(**claims: Any) -> Forge:
    return lambda issuer: issuer.sign(id_claims(issuer, **claims))


def header(alg: str = "RS256", **members: Any) -> Forge:
    return lambda issuer: issuer.sign(id_claims(issuer), alg=alg, **members)


def unsigned(alg: str) -> Forge:
    def forge(issuer: Issuer) -> str:
        return f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(id_claims(issuer))}."

    return forge


def signed_with_the_public_key(issuer: Issuer) -> str:
    """HS256 with the text of the RSA key as the secret."""
    content = f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{encoded(id_claims(issuer))}"
    signature = hmac.digest(issuer.public_pem, content.encode(), hashlib.sha256)
    return f"{content}.{encoded(signature)}"


def by_a_stranger(**members: Any) -> Forge:
    """Signed by another key under the same id; `members` try to bring that key along."""

    def forge(issuer: Issuer) -> str:
        stranger = Issuer(issuer.name)
        own = {name: value(stranger) if callable(value) else value for name, value in members.items()}
        return stranger.sign(id_claims(issuer), **own)

    return forge


def with_other_claims(issuer: Issuer) -> str:
    """A good signature under claims that were changed afterwards."""
    head, _, signature = issuer.sign(id_claims(issuer)).split(".")
    return f"{head}.{encoded(id_claims(issuer, sub='admin'))}.{signature}"


def with_other_header(issuer: Issuer) -> str:
    _, claims, signature = issuer.sign(id_claims(issuer)).split(".")
    return f"{encoded({'alg': 'RS256', 'kid': 'rsa', 'x': 1})}.{claims}.{signature}"


def with_another_algorithm(issuer: Issuer) -> str:
    _, claims, signature = issuer.sign(id_claims(issuer)).split(".")
    return f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{claims}.{signature}"


def with_a_bit_flipped(issuer: Issuer) -> str:
    head, claims, signature = issuer.sign(id_claims(issuer)).split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[7] ^= 1
    return f"{head}.{claims}.{encoded(bytes(raw))}"


def without_signature(issuer: Issuer) -> str:
    return issuer.sign(id_claims(issuer)).rpartition(".")[0] + "."


def padded(issuer: Issuer) -> str:
    return issuer.sign(id_claims(issuer)) + "=="


def with_claims_twice(issuer: Issuer) -> str:
    text = json.dumps(id_claims(issuer))[:-1] + ', "sub": "admin"}'
    return issuer.sign(text.encode())


FORGED: dict[str, Forge] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "HS256 with the public key": signed_with_the_public_key,
    "HS256 said of an RSA signature": with_another_algorithm,
    "an algorithm that is not allowed": header(alg="RS512"),
    "a curve's algorithm with the RSA key": header(alg="ES512", kid="rsa"),
    "unknown kid": header(kid="other"),
    "no kid": header(kid=None),
    "a path as kid": header(kid="../../dev/null"),
    "a query as kid": header(kid="' UNION SELECT 'key"),
    "another's key": by_a_stranger(),
    "another's key, brought along as jwk": by_a_stranger(jwk=lambda one: one.jwk("rsa")),
    "another's key, told of by jku": by_a_stranger(jku="https://evil.example/jwks.json"),
    "another's key, told of by x5u": by_a_stranger(x5u="https://evil.example/key.pem"),
    "critical extensions": header(crit=["exp"]),
    "a token in a token": header(cty="JWT"),
    "wrong issuer": changed(iss="https://evil.example"),
    "the issuer with a slash": lambda issuer: issuer.sign(id_claims(issuer, iss=issuer.name + "/")),
    "no issuer": changed(iss=None),
    "not yet valid": changed(nbf=NOW + 3600),
    "no end": changed(exp=None),
    "an end that is a text": changed(exp=str(NOW + 3600)),
    "an end at no time": changed(exp=True),
    "claims changed": with_other_claims,
    "header changed": with_other_header,
    "a bit of the signature flipped": with_a_bit_flipped,
    "signature cut off": without_signature,
    "padding": padded,
    "a claim twice": with_claims_twice,
    "two parts": lambda issuer: issuer.sign(id_claims(issuer)).rpartition(".")[0],
    "five parts": lambda issuer: issuer.sign(id_claims(issuer)) + ".a.b",
    "no token": lambda issuer: "Bearer ",
    "another scheme": lambda issuer: "Basic " + issuer.sign(id_claims(issuer)),
    "twice Bearer": lambda issuer: "Bearer Bearer " + issuer.sign(id_claims(issuer)),
    "rubbish": lambda issuer: "a.b.c",
}


@pytest.mark.parametrize("path", ["/id", "/jwt"])
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(
    api: TokenApi, pool: Issuer, realm: Issuer, path: str, forge: Forge
) -> None:
    issuer = pool if path == "/id" else realm
    assert api.ask(path, issuer.sign(id_claims(issuer))).status == 200, "the honest token is accepted"
    assert api.ask(path, forge(issuer)) == UNAUTHORIZED


@pytest.mark.parametrize("path", ["/id", "/scoped", "/jwt", "/jwt-scoped"])
def test_no_token(api: TokenApi, path: str) -> None:
    assert api.ask(path) == UNAUTHORIZED


def test_an_expired_token_is_told_so_only_if_it_was_good(api: TokenApi, pool: Issuer, realm: Issuer) -> None:
    assert api.ask("/id", pool.sign(id_claims(pool, exp=NOW - 1))) == EXPIRED
    assert api.ask("/jwt", realm.sign(id_claims(realm, exp=NOW - 1))) == EXPIRED
    assert api.ask("/id", Issuer(POOL).sign(id_claims(pool, exp=NOW - 1))) == UNAUTHORIZED
    assert "bad signature" in api.why("/id")


ACCESS = {"token_use": "access", "aud": None}
POOL_TOKENS = {
    "an access token without scopes on the method": ("/id", ACCESS, 401),
    "an ID token on a method with scopes": ("/scoped", {"scope": "pets/read"}, 401),
    "one of its scopes": ("/scoped", {**ACCESS, "scope": "openid pets/own"}, 200),
    "none of its scopes": ("/scoped", {**ACCESS, "scope": "pets pets/read2"}, 401),
    "no scopes": ("/scoped", {**ACCESS, "scope": None}, 401),
    "no token_use": ("/id", {"token_use": None}, 401),
    "an audience as expected": ("/app", {"aud": "app-7"}, 200),
    "an audience that only begins so": ("/app", {"aud": "app-7x"}, 401),
    "access tokens have no audience": ("/app-scoped", {**ACCESS, "scope": "pets/read"}, 401),
    "any client of the pool": ("/id", {"aud": "whoever"}, 200),
}


@pytest.mark.parametrize(("path", "claims", "status"), POOL_TOKENS.values(), ids=POOL_TOKENS.keys())
def test_tokens_of_a_user_pool(
    api: TokenApi, pool: Issuer, path: str, claims: dict[str, Any], status: int
) -> None:
    answer = api.ask(path, pool.sign(id_claims(pool, **claims)))
    assert answer.status == status
    if status == 401:
        assert answer == UNAUTHORIZED


JWT_TOKENS: dict[str, tuple[str, dict[str, Any], object]] = {
    "the issuer by the name in the API": ("/jwt", {"iss": OIDC}, 200),
    "one of several audiences": ("/jwt", {"aud": ["x", "web"]}, 200),
    "no such audience": ("/jwt", {"aud": "app2"}, UNAUTHORIZED),
    "no audience": ("/jwt", {"aud": None}, UNAUTHORIZED),
    "a claim that is required": ("/jwt", {"tenant": None}, UNAUTHORIZED),
    "a claim with another value": ("/jwt", {"tenant": "A"}, UNAUTHORIZED),
    "a scope": ("/jwt-scoped", {"scope": "pets/read x"}, 200),
    "a scope in scp": ("/jwt-scoped", {"scp": ["x", "pets/read"]}, 200),
    "no such scope": ("/jwt-scoped", {"scope": "pets/write"}, FORBIDDEN),
    "no scope": ("/jwt-scoped", {}, FORBIDDEN),
    "no scope, and expired": ("/jwt-scoped", {"exp": NOW - 1}, EXPIRED),
}


@pytest.mark.parametrize(("path", "claims", "expected"), JWT_TOKENS.values(), ids=JWT_TOKENS.keys())
def test_tokens_of_an_issuer(
    api: TokenApi, realm: Issuer, path: str, claims: dict[str, Any], expected: object
) -> None:
    answer = api.ask(path, realm.sign(id_claims(realm, **claims)))
    assert answer == expected or answer.status == expected


def test_another_algorithm_that_is_allowed(api: TokenApi, realm: Issuer, pool: Issuer) -> None:
    assert api.ask("/jwt", realm.sign(id_claims(realm), alg="ES256")).status == 200
    assert api.ask("/id", pool.sign(id_claims(pool), alg="ES256")) == UNAUTHORIZED


def test_a_token_of_one_method_does_not_open_another(api: TokenApi, pool: Issuer) -> None:
    token = pool.sign(id_claims(pool, scope="pets/read"))
    assert api.ask("/id", token).status == 200
    assert api.ask("/id", token).status == 200, "remembered"
    assert api.ask("/scoped", token) == UNAUTHORIZED
    assert api.ask("/app", token) == UNAUTHORIZED


def test_a_trusted_issuer_without_keys_refuses(api: TokenApi, pool: Issuer) -> None:
    token = pool.sign(id_claims(pool, iss=POOL.replace("_abc", "_def")))
    assert api.ask("/both", token) == UNAUTHORIZED
    assert "there are no keys of" in api.why("/both")
    assert "answers 404" in api.why("/both")


@pytest.mark.parametrize("issuer", [{}, {"iss": POOL}], ids=["by its own name", "by the pool's"])
def test_the_test_issuer_does_not_sign_for_who_is_mapped(
    node: Gatewright, api: TokenApi, issuer: dict[str, str]
) -> None:
    query = urlencode({"claims": json.dumps({"token_use": "id", "exp": NOW + 60, **issuer})})
    with urlopen(f"{node.url}/_gatewright/issuer/token?{query}") as answer:
        token = json.load(answer)["token"]
    assert api.ask("/id", token) == UNAUTHORIZED


def test_the_resource_policy_is_asked_after_the_token(node: Gatewright, pool: Issuer) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}
    statement["Resource"] = "execute-api:/prod/GET/open"
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    guarded = TokenApi(node, policy=json.dumps(policy))
    users = guarded.user_pools(ARN)
    guarded.protect("/open", "COGNITO_USER_POOLS", users)
    guarded.protect("/silent", "COGNITO_USER_POOLS", users)
    guarded.deploy()
    token = pool.sign(id_claims(pool))
    assert guarded.ask("/open", token).status == 200
    assert guarded.ask("/open") == UNAUTHORIZED
    assert guarded.ask("/silent") == UNAUTHORIZED
    refused = guarded.ask("/silent", token)
    assert refused[:2] == (403, "AccessDeniedException")
    assert refused.body.startswith('{"Message":"User: anonymous is not authorized to perform: ')


def test_keys_that_change(node: Gatewright, site: KeyServer) -> None:
    """A new key is taken at once, an old one that is gone no longer, and both with the site down."""
    old, new = Issuer(CHANGING_POOL), Issuer(CHANGING_POOL)
    changing = TokenApi(node)
    changing.protect("/id", "COGNITO_USER_POOLS", changing.user_pools(CHANGING_ARN))
    changing.deploy()
    by_old = old.sign(id_claims(old))
    by_new = new.sign(id_claims(new), kid="new")
    assert changing.ask("/id", by_old) == UNAUTHORIZED, "the site has nothing yet"
    page = "/changing" + KEYS
    site.pages[page] = json.dumps({"keys": [old.jwk("rsa")]})
    assert changing.ask("/id", by_old).status == 200
    asked = site.asked.count(page)
    assert changing.ask("/id", by_old).status == 200
    assert site.asked.count(page) == asked, "keys are kept"
    assert changing.ask("/id", by_new) == UNAUTHORIZED
    site.pages[page] = json.dumps({"keys": [new.jwk("rsa", kid="new")]})
    assert changing.ask("/id", by_new).status == 200
    assert changing.ask("/id", by_old) == UNAUTHORIZED, "though it was accepted before"
    site.pages[page] = "{"
    assert changing.ask("/id", by_new).status == 200, "remembered"
    assert changing.ask("/id", by_old) == UNAUTHORIZED, "asks for its key, in vain"
    assert changing.ask("/id", new.sign(id_claims(new, sub="bob"), kid="new")).body.startswith("bob|")
    node.log_line("the keys of", "_ghi", "those it had go on")


def test_redirects_are_not_followed(node: Gatewright, site: KeyServer, realm: Issuer) -> None:
    arn = CHANGING_ARN
    moved = Issuer(CHANGING_POOL)
    site.serve_pool("/elsewhere", moved)
    site.moved["/changing" + KEYS] = f"{site.url}/elsewhere{KEYS}"
    api = TokenApi(node)
    api.protect("/id", "COGNITO_USER_POOLS", api.user_pools(arn))
    api.deploy()
    assert api.ask("/id", moved.sign(id_claims(moved), kid="moved")) == UNAUTHORIZED
    assert f"/elsewhere{KEYS}" not in site.asked
