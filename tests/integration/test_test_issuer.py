"""`gatewright token` and the issuer behind it, in dev and in serve."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import Start
from tests.support.command import command
from tests.support.issuer import Issuer
from tests.support.processes import Gatewright
from tests.support.token_apis import EXPIRED, FORBIDDEN, UNAUTHORIZED, TokenApi

ARN = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"
POOL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
OIDC = "https://issuer.example.com"
TRUSTED = {"issuer": OIDC, "audiences": ["app"]}


def token(*arguments: str) -> str:
    made = command("token", *arguments)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def page(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture(scope="module")
def api(dev: Gatewright) -> TokenApi:
    made = TokenApi(dev)
    users = made.user_pools(ARN)
    made.protect("/id", "COGNITO_USER_POOLS", users)
    made.protect("/scoped", "COGNITO_USER_POOLS", users, "orders/read")
    made.protect("/jwt", "JWT", made.jwt(TRUSTED), "orders/read")
    made.deploy()
    return made


def test_dev_signs_for_everybody_who_is_not_mapped(dev: Gatewright, api: TokenApi) -> None:
    here = ("--listen", f"127.0.0.1:{dev.port}", "--sub", "alice")
    scoped = token(*here, "--scope", "orders/read", "--scope", "x", "--expires", "5m", "--aud", "app")
    assert api.ask("/scoped", scoped).body.startswith("alice|")
    assert api.ask("/jwt", scoped).status == 200
    assert api.ask("/id", scoped) == UNAUTHORIZED
    assert api.ask("/id", token(*here, "--pool", ARN)).body.startswith("alice|")
    assert api.ask("/id", token(*here, "--expires", "-1h")) == EXPIRED
    other = token(*here, "--issuer", OIDC, "--aud", "app", "--claim", "scope=y")
    assert api.ask("/jwt", other) == FORBIDDEN
    strange = Issuer(POOL)
    assert api.ask("/id", strange.sign(strange.claims(token_use="id"))) == UNAUTHORIZED
    assert "only `gatewright token` signs for it here" in api.why("/id")
    told = command("explain", *here[:2], api.id, api.last_request("/id")).stdout
    assert "tokens 1 (COGNITO_USER_POOLS) refuses the caller: unknown key: " in told
    assert scoped not in "".join(path.read_text() for path in dev.data_dir.rglob("*.jsonl"))


def test_a_user_pool_authorizer_can_be_tried(dev: Gatewright, api: TokenApi) -> None:
    gateway = dev.client("apigateway")
    pool = api.user_pools(ARN)
    here = ("--listen", f"127.0.0.1:{dev.port}", "--sub", "alice")

    def tried(authorizer: str = pool, **headers: str) -> Any:
        return gateway.test_invoke_authorizer(restApiId=api.id, authorizerId=authorizer, headers=headers)

    answer = tried(Authorization=token(*here, "--pool", ARN))
    assert (answer["clientStatus"], answer["claims"]["sub"]) == (0, "alice")
    assert answer["log"].startswith("Execution log for request ")
    for refused in (tried(), tried(Authorization="nonsense"), tried(Authorization=token(*here, "--access"))):
        assert (refused["clientStatus"], "claims" in refused) == (401, False)
        first, *lines = refused["log"].splitlines()
        request = first.removeprefix("Execution log for request ")
        said = [line.partition(" : ")[2] for line in lines]
        assert said == [f"Unauthorized request: {request}", "Unauthorized"]
    with pytest.raises(ClientError, match="JWT authorizers cannot be tested"):
        tried(api.jwt({"issuer": OIDC, "audiences": ["app"]}))


def test_anybody_can_verify_its_tokens(dev: Gatewright) -> None:
    """As an OpenID Connect library does it."""
    name = f"{dev.url}/_gatewright/issuer"
    discovered = page(f"{name}/.well-known/openid-configuration")
    assert discovered["issuer"] == name
    keys = jwt.PyJWKSet.from_dict(page(discovered["jwks_uri"]))
    claims = '{"sub": "alice", "aud": "x", "custom:n": 7}'
    query = urllib.parse.urlencode({"claims": claims})
    made = page(f"{name}/token?{query}")["token"]
    kid = jwt.get_unverified_header(made)["kid"]
    found = jwt.decode(made, keys[kid].key, algorithms=["RS256"], audience="x", issuer=name)
    assert found == {**json.loads(claims), "iss": name}
    assert (dev.data_dir / "test-issuer.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("query", ["", "?claims=", "?claims=[]", "?claims={"])
def test_dev_signs_objects_only(dev: Gatewright, query: str) -> None:
    assert status(f"{dev.url}/_gatewright/issuer/token{query}") == 400


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    config = tmp_path / "gatewright.toml"
    config.write_text(f'test_issuer = true\n[issuers]\n"{ARN}" = "test-issuer"\n')
    return config


def test_serve_takes_its_tokens_for_what_is_mapped_to_it(start_serve: Start, mapped: Path) -> None:
    node = start_serve("--config", str(mapped), workers=1)
    api = TokenApi(node)
    api.protect("/id", "COGNITO_USER_POOLS", api.user_pools(ARN))
    api.protect("/jwt", "JWT", api.jwt(TRUSTED))
    api.deploy()
    made = token("--data-dir", str(node.data_dir), "--sub", "alice", "--aud", "app")
    assert api.ask("/id", made).body.startswith("alice|")
    assert api.ask("/jwt", made) == UNAUTHORIZED
    issuer = f"{node.management_url}/_gatewright/issuer"
    assert page(f"{issuer}/.well-known/openid-configuration")["issuer"] == issuer
    assert len(page(f"{issuer}/.well-known/jwks.json")["keys"]) == 1
    assert status(f"{issuer}/token?claims=%7B%7D") == 404
    assert status(f"{node.url}/_gatewright/issuer/.well-known/jwks.json") == 404


def test_serve_has_none_unless_it_is_enabled(start_serve: Start) -> None:
    node = start_serve(workers=1)
    assert status(f"{node.management_url}/_gatewright/issuer/.well-known/jwks.json") == 404
    refused = command("token", "--data-dir", str(node.data_dir), "--sub", "alice")
    assert refused.returncode == 1
    assert "no test issuer was started there" in refused.stderr
    assert "test_issuer = true" in refused.stderr
    assert not (node.data_dir / "test-issuer.pem").exists()
