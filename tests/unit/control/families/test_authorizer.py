"""Authorizer: what each type needs, patches, deletion; the cache of what authorizers said."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:111122223333:function:authorize/invocations"
)
POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc123"
OTHER_POOL = "arn:aws:cognito-idp:eu-west-1:444455556666:userpool/eu-west-1_xyz789"
HEADER = "method.request.header.Authorization"
MISSING = ("NotFoundException", "Invalid Authorizer identifier specified")
NO_CACHE_KEY = "Identity source must be set if authorizer caching is enabled (TTL is greater than 0)"
NO_SOURCE = "IdentitySource cannot be empty"
TTL = "Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds."
ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"
BAD_REGEX = "Invalid regex pattern specified"
USER_POOL = "A provider is a Cognito user pool: arn:aws:cognito-idp:{region}:{account}:userpool/{pool}"

TOKEN: dict[str, Any] = {"type": "TOKEN", "authorizerUri": URI, "identitySource": HEADER}
REQUEST: dict[str, Any] = {"type": "REQUEST", "authorizerUri": URI, "identitySource": HEADER}
COGNITO: dict[str, Any] = {"type": "COGNITO_USER_POOLS", "providerARNs": [POOL], "identitySource": HEADER}
ISSUER: dict[str, Any] = {"issuer": "https://login.example.com/", "audiences": ["pets"]}
JWT: dict[str, Any] = {
    "type": "JWT",
    "identitySource": HEADER,
    "jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": ["RS256", "ES512"]},
}


def bad_uri(shown: str) -> str:
    return (
        f"Invalid Authorizer URI: {shown}. Authorizer URI should be a valid API Gateway ARN that represents "
        "a Lambda function invocation."
    )


def bad_source(part: str) -> str:
    return f"Invalid request identity source expression: {part}"


def jwt(**changes: Any) -> dict[str, Any]:
    """A JWT authorizer whose one issuer is changed."""
    issuers = [{name: value for name, value in {**ISSUER, **changes}.items() if value is not None}]
    return {**JWT, "jwtConfiguration": {**JWT["jwtConfiguration"], "issuers": issuers}}


@pytest.fixture
def token(client: Any, api: str) -> dict[str, Any]:
    return shown(client.create_authorizer(restApiId=api, name="who", **TOKEN))


@pytest.mark.parametrize(
    ("given", "auth_type"),
    [
        (TOKEN, "custom"),
        (
            {**TOKEN, "identityValidationExpression": "Bearer [a-z]+", "authorizerResultTtlInSeconds": 0},
            "custom",
        ),
        ({**TOKEN, "authorizerUri": URI.replace("authorize/", "${stageVariables.name}/")}, "custom"),
        ({**TOKEN, "authorizerUri": URI.replace("path/", "path//")}, "custom"),
        ({**TOKEN, "authorizerCredentials": "arn:aws:iam::111122223333:role/caller"}, "custom"),
        ({**REQUEST, "authorizerResultTtlInSeconds": 3600}, "custom"),
        (
            {
                **REQUEST,
                "identitySource": f"{HEADER}, method.request.querystring.a,stageVariables.b,context.path",
            },
            "custom",
        ),
        ({"type": "REQUEST", "authorizerUri": URI, "authorizerResultTtlInSeconds": 0}, "custom"),
        (COGNITO, "cognito_user_pools"),
        ({**COGNITO, "providerARNs": [POOL, OTHER_POOL]}, "cognito_user_pools"),
        ({**COGNITO, "providerARNs": [f"{POOL}${{stageVariables.pool}}"]}, "cognito_user_pools"),
        ({**TOKEN, "authType": "oauth2"}, "oauth2"),
        (JWT, None),
    ],
)
def test_what_was_given_comes_back(
    client: Any, api: str, given: dict[str, Any], auth_type: str | None
) -> None:
    answer = client.create_authorizer(restApiId=api, name="who", **given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    made = shown(answer)
    assert len(made["id"]) == 6
    expected = {"id": made["id"], "name": "who", **given}
    assert made == (expected if auth_type is None else {**expected, "authType": auth_type})
    assert shown(client.get_authorizer(restApiId=api, authorizerId=made["id"])) == made
    assert client.get_authorizers(restApiId=api)["items"] == [made]


def test_a_claim_is_not_required_unless_said(client: Any, api: str) -> None:
    claims = [{"claimName": "tenant", "format": "SINGLE_STRING", "expectedValues": ["a", "b"]}]
    made = client.create_authorizer(restApiId=api, name="who", **jwt(additionalClaims=claims))
    assert made["jwtConfiguration"]["issuers"][0]["additionalClaims"] == [{**claims[0], "required": False}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({**TOKEN, "name": ""}, "Authorizer name cannot be empty"),
        ({**TOKEN, "authorizerUri": None}, bad_uri("null")),
        ({**TOKEN, "authorizerUri": "https://example.com"}, bad_uri("https://example.com")),
        ({**REQUEST, "authorizerUri": URI + "x"}, bad_uri(URI + "x")),
        (
            {**TOKEN, "authorizerUri": URI.replace("arn:aws:lambda", "arn:aws:sns")},
            bad_uri(URI.replace("arn:aws:lambda", "arn:aws:sns")),
        ),
        ({**TOKEN, "authorizerCredentials": "me"}, "Invalid ARN specified in the request"),
        ({**TOKEN, "authorizerResultTtlInSeconds": -1}, TTL),
        ({**REQUEST, "authorizerResultTtlInSeconds": 3601}, TTL),
        ({**TOKEN, "identitySource": None}, NO_SOURCE),
        ({**TOKEN, "identitySource": ""}, NO_SOURCE),
        ({**TOKEN, "identitySource": "Authorization"}, bad_source("Authorization")),
        (
            {**TOKEN, "identitySource": "method.request.querystring.token"},
            bad_source("method.request.querystring.token"),
        ),
        ({**TOKEN, "identitySource": f"{HEADER},{HEADER}"}, bad_source(f"{HEADER},{HEADER}")),
        ({**TOKEN, "identityValidationExpression": "(["}, BAD_REGEX),
        ({**REQUEST, "identitySource": None}, NO_CACHE_KEY),
        ({**REQUEST, "identitySource": None, "authorizerResultTtlInSeconds": 1}, NO_CACHE_KEY),
        ({**REQUEST, "identitySource": f"{HEADER},"}, bad_source("")),
        (
            {**REQUEST, "identitySource": f"{HEADER}, method.request.path.id"},
            bad_source("method.request.path.id"),
        ),
        ({**REQUEST, "identitySource": "method.request.body"}, bad_source("method.request.body")),
        ({**COGNITO, "providerARNs": None}, "ProviderARNs cannot be empty"),
        ({**COGNITO, "providerARNs": []}, "ProviderARNs cannot be empty"),
        ({**COGNITO, "providerARNs": [POOL, "x"]}, f"Invalid ARN specified in the request: x. {USER_POOL}"),
        (
            {**COGNITO, "providerARNs": ["${stageVariables.pool}"]},
            f"Invalid ARN specified in the request: ${{stageVariables.pool}}. {USER_POOL}",
        ),
        ({**COGNITO, "identitySource": None}, NO_SOURCE),
        (
            {**TOKEN, "jwtConfiguration": JWT["jwtConfiguration"]},
            "JwtConfiguration is not supported for TOKEN authorizers",
        ),
        ({**JWT, "identitySource": None}, NO_SOURCE),
        (
            {**JWT, "identitySource": "method.request.querystring.t"},
            bad_source("method.request.querystring.t"),
        ),
        ({**JWT, "authorizerUri": URI}, "AuthorizerUri is not supported for JWT authorizers"),
        (
            {**JWT, "authorizerResultTtlInSeconds": 0},
            "AuthorizerResultTtlInSeconds is not supported for JWT authorizers",
        ),
        ({**JWT, "providerARNs": [POOL]}, "ProviderARNs is not supported for JWT authorizers"),
        ({**JWT, "jwtConfiguration": None}, "JwtConfiguration cannot be empty"),
        (
            {**JWT, "jwtConfiguration": {"issuers": [], "defaultAlgorithms": ["RS256"]}},
            "JwtConfiguration issuers cannot be empty",
        ),
        (
            {**JWT, "jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": []}},
            "JwtConfiguration defaultAlgorithms cannot be empty",
        ),
        (
            {**JWT, "jwtConfiguration": {"issuers": [ISSUER, ISSUER], "defaultAlgorithms": ["RS256"]}},
            "Each issuer must be unique: https://login.example.com/ is specified more than once",
        ),
        (jwt(audiences=[]), "Audiences cannot be empty for issuer https://login.example.com/"),
        (jwt(audiences=["a", ""]), "Audiences cannot be empty for issuer https://login.example.com/"),
        (
            jwt(additionalClaims=[{"claimName": "a", "format": "SINGLE_STRING"}] * 2),
            "Each claim name must be unique: a is specified more than once",
        ),
        (
            jwt(additionalClaims=[{"claimName": "iss", "format": "SINGLE_STRING"}]),
            "Invalid claim name specified: iss. It cannot be empty or one of: "
            "[iss, aud, exp, nbf, iat, scope, scp]",
        ),
        (
            jwt(additionalClaims=[{"claimName": "a", "format": "SINGLE_STRING", "expectedValues": [""]}]),
            "Expected values cannot be empty for claim a",
        ),
    ],
)
def test_bad_authorizers_are_refused(
    client: Any, api: str, refused: Refused, given: dict[str, Any], message: str
) -> None:
    params = {name: value for name, value in {"name": "who", **given}.items() if value is not None}
    answer = refused(client.create_authorizer, restApiId=api, **params)
    assert answer == ("BadRequestException", message)
    assert client.get_authorizers(restApiId=api)["items"] == []


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "login.example.com",
        "https://",
        "https://me@login.example.com",
        "https://login.example.com?",
        "https://login.example.com/?a=b",
        "https://login.example.com/#a",
        "https://login.example.com/ ",
        "https://[",
    ],
)
def test_bad_issuers_are_refused(client: Any, api: str, refused: Refused, issuer: str) -> None:
    code, message = refused(client.create_authorizer, restApiId=api, name="who", **jwt(issuer=issuer))
    assert code == "BadRequestException"
    assert message == (
        f"Invalid issuer specified: {issuer}. It must be an absolute https URL with a host and without user "
        "information, query or fragment"
    )


def test_bad_enums_are_the_protocols_to_refuse(client: Any, api: str, refused: Refused) -> None:
    for given in (
        {**TOKEN, "type": "OTHER"},
        {**JWT, "jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": ["HS256"]}},
    ):
        assert (
            refused(client.create_authorizer, restApiId=api, name="who", **given)[0] == "ValidationException"
        )


def test_a_name_is_taken_once(client: Any, api: str, refused: Refused, token: dict[str, Any]) -> None:
    taken = (
        "ConflictException",
        "Authorizer name must be unique. Authorizer who already exists in this RestApi.",
    )
    assert refused(client.create_authorizer, restApiId=api, name="who", **COGNITO) == taken
    other = client.create_authorizer(restApiId=api, name="other", **COGNITO)["id"]
    renaming = {"restApiId": api, "authorizerId": other, "patchOperations": replace("/name", "who")}
    assert refused(client.update_authorizer, **renaming) == taken


@pytest.mark.parametrize(
    ("operations", "changes"),
    [
        ([], {}),
        (replace("/name", "she"), {"name": "she"}),
        (replace("/type", "REQUEST"), {"type": "REQUEST"}),
        (
            replace("/authorizerUri", URI.replace("authorize", "other")),
            {"authorizerUri": URI.replace("authorize", "other")},
        ),
        (
            replace("/authorizerCredentials", "arn:aws:iam::111122223333:role/a"),
            {"authorizerCredentials": "arn:aws:iam::111122223333:role/a"},
        ),
        (replace("/authorizerCredentials", ""), {}),
        (replace("/authorizerResultTtlInSeconds", "0"), {"authorizerResultTtlInSeconds": 0}),
        (replace("/authType", "oauth2"), {"authType": "oauth2"}),
        (replace("/identityValidationExpression", "a+"), {"identityValidationExpression": "a+"}),
        (
            replace("/identitySource", "method.request.header.X"),
            {"identitySource": "method.request.header.X"},
        ),
        (
            [patch("add", "/identitySource", "method.request.header.X")],
            {"identitySource": "method.request.header.X"},
        ),
        (
            [
                *replace("/type", "REQUEST"),
                *replace("/authorizerResultTtlInSeconds", "0"),
                patch("remove", "/identitySource"),
            ],
            {"type": "REQUEST", "authorizerResultTtlInSeconds": 0, "identitySource": None},
        ),
        (
            [*replace("/type", "COGNITO_USER_POOLS"), patch("add", "/providerARNs", POOL)],
            {"type": "COGNITO_USER_POOLS", "providerARNs": [POOL], "authType": "cognito_user_pools"},
        ),
        (
            [
                patch("add", "/providerARNs", POOL),
                patch("add", "/providerARNs", OTHER_POOL),
                patch("remove", "/providerARNs", POOL),
            ],
            {"providerARNs": [OTHER_POOL]},
        ),
        (replace("/providerARNs", f"{POOL},{OTHER_POOL}"), {"providerARNs": [POOL, OTHER_POOL]}),
        ([*replace("/providerARNs", POOL), *replace("/providerARNs", "")], {}),
    ],
)
def test_updates(
    client: Any, api: str, token: dict[str, Any], operations: Any, changes: dict[str, Any]
) -> None:
    ids = {"restApiId": api, "authorizerId": token["id"]}
    updated = shown(client.update_authorizer(**ids, patchOperations=operations))
    expected = {**token, **changes}
    assert updated == {name: value for name, value in expected.items() if value is not None}
    assert shown(client.get_authorizer(**ids)) == updated


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/name", ""), "Authorizer name cannot be empty"),
        (
            replace("/type", "OTHER"),
            "Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS,JWT",
        ),
        (replace("/type", "COGNITO_USER_POOLS"), "ProviderARNs cannot be empty"),
        (replace("/type", "JWT"), "AuthorizerUri is not supported for JWT authorizers"),
        (replace("/authorizerUri", ""), bad_uri("null")),
        (replace("/authorizerResultTtlInSeconds", "3601"), TTL),
        (replace("/authorizerResultTtlInSeconds", "soon"), TTL),
        (replace("/authorizerResultTtlInSeconds"), TTL),
        (replace("/authorizerResultTtlInSeconds", "9" * 5000), TTL),
        ([patch("remove", "/identitySource")], NO_SOURCE),
        (replace("/identitySource", "x"), bad_source("x")),
        (replace("/identityValidationExpression", "*"), BAD_REGEX),
        ([patch("add", "/name", "x")], ONLY_REPLACE),
        ([patch("remove", "/authorizerUri")], ONLY_REPLACE),
        (replace("/id", "x"), "Invalid patch path /id"),
        (replace("/jwtConfiguration", "{}"), "Invalid patch path /jwtConfiguration"),
        ([patch("replace")], "Invalid patch path null"),
    ],
)
def test_bad_updates(
    client: Any, api: str, token: dict[str, Any], refused: Refused, operations: Any, message: str
) -> None:
    ids = {"restApiId": api, "authorizerId": token["id"]}
    answer = refused(client.update_authorizer, **ids, patchOperations=operations)
    assert answer == ("BadRequestException", message)
    assert shown(client.get_authorizer(**ids)) == token


def test_an_auth_type_that_was_chosen_stays(client: Any, api: str) -> None:
    made = client.create_authorizer(restApiId=api, name="who", **TOKEN, authType="oauth2")
    operations = [*replace("/type", "COGNITO_USER_POOLS"), *replace("/providerARNs", POOL)]
    ids = {"restApiId": api, "authorizerId": made["id"]}
    assert client.update_authorizer(**ids, patchOperations=operations)["authType"] == "oauth2"


def test_an_authorizer_in_use_stays(
    client: Any, api: str, root: str, token: dict[str, Any], refused: Refused
) -> None:
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**method, authorizationType="CUSTOM", authorizerId=token["id"])
    ids = {"restApiId": api, "authorizerId": token["id"]}
    assert refused(client.delete_authorizer, **ids) == (
        "ConflictException",
        "Cannot delete authorizer 'who', is referenced in method: //GET",
    )
    client.update_method(**method, patchOperations=replace("/authorizationType", "NONE"))
    assert client.delete_authorizer(**ids)["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refused(client.get_authorizer, **ids) == MISSING


def test_what_is_missing_is_told_as_aws_does(client: Any, api: str, refused: Refused) -> None:
    for owner in (api, "unknown"):
        ids = {"restApiId": owner, "authorizerId": "x"}
        assert refused(client.get_authorizer, **ids) == MISSING
        assert refused(client.update_authorizer, **ids) == MISSING
        assert refused(client.delete_authorizer, **ids) == MISSING
    assert refused(client.create_authorizer, restApiId="unknown", name="a", type="TOKEN") == (
        "ConflictException",
        "Unable to complete operation due to concurrent modification. Please try again later.",
    )
    assert refused(client.get_authorizers, restApiId="unknown") == (
        "NotFoundException",
        f"Invalid API identifier specified {PARTITION.account}:unknown",
    )


def test_authorizers_are_paged(client: Any, api: str) -> None:
    made = {client.create_authorizer(restApiId=api, name=f"n{n}", **TOKEN)["id"] for n in range(4)}
    first = client.get_authorizers(restApiId=api, limit=3)
    second = client.get_authorizers(restApiId=api, limit=3, position=first["position"])
    assert (len(first["items"]), len(second["items"])) == (3, 1)
    assert {item["id"] for item in (*first["items"], *second["items"])} == made
    assert "position" not in second


def test_a_terraform_life(client: Any, api: str) -> None:
    """Create, read back, change, read back: nothing differs from what was asked for."""
    ids = {"restApiId": api}
    made = client.create_authorizer(**ids, name="who", **REQUEST, authorizerResultTtlInSeconds=300)
    ids["authorizerId"] = made["id"]
    assert shown(client.get_authorizer(**ids)) == shown(made)
    operations = [
        *replace("/authorizerResultTtlInSeconds", "60"),
        *replace("/identitySource", "method.request.querystring.key"),
        *replace("/identityValidationExpression", ""),
    ]
    client.update_authorizer(**ids, patchOperations=operations)
    assert shown(client.get_authorizer(**ids)) == {
        **shown(made),
        "authorizerResultTtlInSeconds": 60,
        "identitySource": "method.request.querystring.key",
    }
    client.delete_authorizer(**ids)
    assert client.get_authorizers(restApiId=api)["items"] == []


def test_each_flush_begins_a_generation(client: Any, api: str, stage: str, document: Documents) -> None:
    assert document(keys.authorizer_flush(api, "prod")) is None
    for generation in (1, 2):
        answer = client.flush_stage_authorizers_cache(restApiId=api, stageName="prod")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert document(keys.authorizer_flush(api, "prod")) == {"generation": generation}


def test_a_stage_made_anew_begins_a_generation(
    client: Any, api: str, stage: str, document: Documents
) -> None:
    client.delete_stage(restApiId=api, stageName="prod")
    assert document(keys.authorizer_flush(api, "prod")) == {"generation": 1}
    client.delete_rest_api(restApiId=api)
    assert document(keys.authorizer_flush(api, "prod")) is None


def test_a_stage_that_is_not_there_is_not_flushed(client: Any, api: str, refused: Refused) -> None:
    for owner in (api, "unknown"):
        answer = refused(client.flush_stage_authorizers_cache, restApiId=owner, stageName="prod")
        assert answer == ("NotFoundException", "Invalid stage identifier specified")
