"""A user pool of moto's Cognito: real sign-up and sign-in, and what its tokens open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.integration.conftest import LOCAL
from tests.support.moto_server import moto_server
from tests.support.processes import REGION, Gatewright
from tests.support.token_apis import UNAUTHORIZED, TokenApi

PASSWORD = "Correct-horse-9"
SCOPE = "aws.cognito.signin.user.admin"  # what Cognito gives to those who sign in by its API


@dataclass
class Pool:
    """A user pool with a client and a user who has signed in."""

    arn: str
    url: str
    id_token: str
    access_token: str


def sign_up_and_in(cognito: Any, site: str) -> Pool:
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = cognito.create_user_pool_client(UserPoolId=pool["Id"], ClientName="app", ExplicitAuthFlows=flows)
    client_id = client["UserPoolClient"]["ClientId"]
    cognito.sign_up(
        ClientId=client_id,
        Username="alice",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "alice@example.com"}],
    )
    cognito.admin_confirm_sign_up(UserPoolId=pool["Id"], Username="alice")
    for group in ("admin", "ops"):
        cognito.create_group(UserPoolId=pool["Id"], GroupName=group)
        cognito.admin_add_user_to_group(UserPoolId=pool["Id"], Username="alice", GroupName=group)
    tokens = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    return Pool(pool["Arn"], f"{site}/{pool['Id']}", tokens["IdToken"], tokens["AccessToken"])


@pytest.fixture(scope="module")
def pools() -> Iterator[tuple[Pool, Pool]]:
    """One that the gateway knows, and a stranger."""
    with moto_server() as site:
        connect: Any = boto3.client
        keys = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
        cognito = connect("cognito-idp", endpoint_url=site, region_name=REGION, **keys)
        yield sign_up_and_in(cognito, site), sign_up_and_in(cognito, site)


@pytest.fixture(scope="module")
def api(pools: tuple[Pool, Pool], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenApi]:
    config: Path = tmp_path_factory.mktemp("cognito") / "gatewright.toml"
    config.write_text("[issuers]\n" + "".join(f'"{pool.arn}" = "{pool.url}"\n' for pool in pools))
    node = Gatewright("dev", config.parent / "data", *LOCAL, "--config", str(config)).ready()
    made = TokenApi(node)
    users = made.user_pools(pools[0].arn)
    made.protect("/id", "COGNITO_USER_POOLS", users)
    made.protect("/scoped", "COGNITO_USER_POOLS", users, SCOPE)
    made.protect("/others", "COGNITO_USER_POOLS", users, "pets/read")
    made.echo("/claims", "COGNITO_USER_POOLS", users)
    made.deploy()
    yield made
    node.close()


def test_an_id_token_opens_methods_without_scopes(api: TokenApi, pools: tuple[Pool, Pool]) -> None:
    known, stranger = pools
    assert api.ask("/id", known.id_token).status == 200
    assert api.ask("/id", f"Bearer {known.id_token}").status == 200
    assert api.ask("/scoped", known.id_token) == UNAUTHORIZED
    assert api.ask("/id", stranger.id_token) == UNAUTHORIZED


def test_an_access_token_opens_methods_with_its_scope(api: TokenApi, pools: tuple[Pool, Pool]) -> None:
    known, stranger = pools
    assert api.ask("/scoped", known.access_token).status == 200
    assert api.ask("/id", known.access_token) == UNAUTHORIZED
    assert api.ask("/others", known.access_token) == UNAUTHORIZED
    assert api.ask("/scoped", stranger.access_token) == UNAUTHORIZED


def test_a_function_sees_the_claims_as_texts(api: TokenApi, pools: tuple[Pool, Pool]) -> None:
    authorizer = json.loads(api.ask("/claims", pools[0].id_token).body)
    assert list(authorizer) == ["claims"]
    claims = authorizer["claims"]
    assert set(map(type, claims.values())) == {str}
    assert claims["cognito:username"] == "alice"
    assert sorted(claims["cognito:groups"].split(",")) == ["admin", "ops"]
    assert claims["token_use"] == "id"
    assert claims["auth_time"].isdigit()
    assert " UTC " in claims["exp"]
