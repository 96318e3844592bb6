"""AWS_IAM at a fixed moment: skew, expiry, what is told, what stays secret."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, cast

import pytest
from tests.support.admission import let_on
from tests.support.policies import identity_policy, resource_policy, statement

from gatewright.aws import principals, sigv4
from gatewright.aws.principals import Attributes, Credential, Principal
from gatewright.aws.sigv4 import Secret
from gatewright.catalog import keys
from gatewright.catalog.api import Change
from gatewright.gateway.access import Access
from gatewright.gateway.callers import Callers
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.gateway_response import default_body
from gatewright.gateway.masking import cut_canonical
from gatewright.gateway.method_request.authorizers.iam import IamAuthorizer
from gatewright.gateway.method_request.resource_policy import ResourcePolicy
from gatewright.gateway.trace import Trace
from gatewright.wire.types import Headers

MakeExchange = Callable[..., Exchange]

ANN = "arn:aws:iam::123456789012:user/ann"
HOST = b"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
NOON = 1722506400.0  # 20240801T100000Z, when exchanges are received
DAY = 86_400


def ann(*statements: dict[str, Any], attributes: Attributes = principals.NO_ATTRIBUTES) -> Credential:
    policy = identity_policy(*(statements or (statement(),)))
    user = principals.user(ANN, "AIDAANNANNANNANNANNAN", [policy], attributes=attributes)
    return Credential(access_key="AKIAANN", secret_key="a secret", principal=user)


def session(expires: float) -> Credential:
    role = principals.role_session(
        "arn:aws:iam::123456789012:role/App",
        "AROAAPPAPPAPPAPPAPPAP",
        "ci",
        [identity_policy(statement())],
        issued=NOON,
    )
    return Credential(
        access_key="ASIAAPP", secret_key="a secret", session_token="a token", expires=expires, principal=role
    )


@pytest.fixture
def signed(exchange: MakeExchange) -> Callable[..., Exchange]:
    """A request that `credential`, or whatever `secret` says, signed `ago` seconds before noon."""

    def make(
        credential: Credential,
        *,
        ago: float = 0,
        expires: int | None = None,
        secret: Secret | None = None,
        target: str = "/dev/pets",
    ) -> Exchange:
        made = exchange(target)
        scope: dict[str, Any] = {"service": "execute-api", "region": "eu-west-1", "now": NOON - ago}
        by, request = secret or credential, made.request
        fields = [(b"Host", HOST)]
        if expires is None:
            fields += sigv4.sign("GET", request.path, request.query, fields, b"", by, **scope)
        else:
            request.query = sigv4.presign(
                "GET", request.path, None, HOST.decode(), by, expires=expires, **scope
            )
        request.headers = Headers(fields)
        known = {credential.access_key: credential}
        callers = Callers(cast(Any, None), cast(Any, None), known.get)
        access = Access(cast(Any, None), cast(Any, None), callers, *[cast(Any, None)] * 2)
        made.outside = Outside(cast(Any, None), cast(Any, None), cast(Any, None), 10_485_760, access)
        made.tracing = Trace()
        return made

    return make


Sign = Callable[..., Exchange]


def authorize(exchange: Exchange, policy: ResourcePolicy | None = None) -> None:
    """Decided by what is remembered as it is for a trace. Raises GatewayError."""
    tracing, exchange.tracing = exchange.tracing, None
    remembered = _refusal(exchange, policy)
    exchange.tracing = tracing
    refusal = _refusal(exchange, policy)
    assert _parts(remembered) == _parts(refusal)
    if refusal is not None:
        raise refusal


def _refusal(exchange: Exchange, policy: ResourcePolicy | None) -> GatewayError | None:
    try:
        let_on(IamAuthorizer(), exchange, policy)
    except GatewayError as error:
        return error
    return None


def _parts(error: GatewayError | None) -> tuple[object, ...] | None:
    return None if error is None else (error.status, error.message, error.reason, error.detail)


def refused(exchange: Exchange, policy: ResourcePolicy | None = None) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        authorize(exchange, policy)
    assert caught.value.status == 403
    return caught.value


def test_who_calls_is_known_afterwards(signed: Sign) -> None:
    exchange = signed(ann(attributes=Attributes(organization="o-a1b2c3")))
    authorize(exchange)
    assert exchange.identity == {
        "accountId": "123456789012",
        "accessKey": "AKIAANN",
        "caller": "AIDAANNANNANNANNANNAN",
        "user": "AIDAANNANNANNANNANNAN",
        "userArn": ANN,
        "principalOrgId": "o-a1b2c3",
    }


def test_what_was_decided_goes_with_the_callers_that_changed(signed: Sign) -> None:
    exchange = signed(ann())
    access = exchange.outside.access
    assert access is not None
    authorize(exchange)
    assert access.callers.decisions
    access.callers.changed([Change(1, keys.CALLERS, keys.PRINCIPALS, False)])
    assert not access.callers.decisions
    callers = principals_alive()
    for _ in range(20):
        authorize(signed(ann()))
    assert principals_alive() <= callers + 1


def principals_alive() -> int:
    gc.collect()
    return sum(isinstance(one, Principal) for one in gc.get_objects())


@pytest.mark.parametrize(
    ("ago", "expires", "message"),
    [
        (300, None, None),
        (
            301,
            None,
            "Signature expired: 20240801T095459Z is now earlier than 20240801T095500Z "
            "(20240801T100000Z - 5 min.)",
        ),
        (-300, None, None),
        (
            -301,
            None,
            "Signature not yet current: 20240801T100501Z is still later than 20240801T100500Z "
            "(20240801T100000Z + 5 min.)",
        ),
        (3600, 3600, None),
        (
            3601,
            3600,
            "Signature expired: 20240801T085959Z is now earlier than 20240801T090000Z "
            "(20240801T100000Z - 60 min.)",
        ),
        (-301, 3600, "Signature not yet current: "),
    ],
)
def test_signatures_have_their_time(
    signed: Sign, ago: float, expires: int | None, message: str | None
) -> None:
    exchange = signed(ann(), ago=ago, expires=expires)
    if message is None:
        authorize(exchange)
        return
    error = refused(exchange)
    assert (error.type.name, error.error_type) == ("INVALID_SIGNATURE", "InvalidSignatureException")
    assert error.message is not None
    assert error.message.startswith(message)


@pytest.mark.parametrize(("expires", "is_good"), [(NOON + 1, True), (NOON, False), (NOON - DAY, False)])
def test_a_session_ends(signed: Sign, expires: float, is_good: bool) -> None:
    exchange = signed(session(expires))
    if is_good:
        authorize(exchange)
        return
    error = refused(exchange)
    assert (error.type.name, error.error_type) == ("EXPIRED_TOKEN", "ExpiredTokenException")
    assert default_body(error) == b'{"message":"The security token included in the request is expired"}'


def test_a_mismatch_shows_the_caller_what_to_sign_and_the_owner_no_secret(signed: Sign) -> None:
    credential = session(NOON + 60)
    exchange = signed(credential, secret=Secret("ASIAAPP", "another secret", "a token"))
    error = refused(exchange)
    assert error.message is not None
    assert "x-amz-security-token:a token" in error.message
    assert exchange.tracing is not None
    told = f"{error} {exchange.tracing.steps}"
    assert "The request signature we calculated does not match" in told
    assert "a token" not in told
    shown = cut_canonical(default_body(error).decode())
    assert "The Canonical String for this request should have been" in shown
    assert "a token" not in shown


@pytest.mark.parametrize(
    ("policy", "denial"),
    [
        (None, None),
        (statement("Deny", Principal={"AWS": ANN}), "with an explicit deny in a resource-based policy"),
        (statement(Principal="*"), None),
    ],
)
def test_policies_decide_together(signed: Sign, policy: dict[str, Any] | None, denial: str | None) -> None:
    exchange = signed(ann())
    resource = None if policy is None else ResourcePolicy(resource_policy(policy))
    if denial is None:
        authorize(exchange, resource)
        return
    error = refused(exchange, resource)
    assert error.message == (
        f"User: {ANN} is not authorized to perform: execute-api:Invoke on resource: "
        f"arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/dev/GET/pets {denial}"
    )
    assert default_body(error).startswith(b'{"Message":"User: ')


@pytest.mark.parametrize(
    ("denied", "target"),
    [
        *(("admin", f"/dev/{path}") for path in ("admin", "%61dmin", "x/../admin", "/admin", "admin/")),
        *(("admin/*", f"/dev/{path}") for path in ("admin/", "admin%2f", "x/../admin/", "admin/x/..")),
    ],
)
def test_an_identity_policys_deny_holds_however_the_path_is_written(
    signed: Sign, denied: str, target: str
) -> None:
    admin = statement("Deny", Resource=f"arn:aws:execute-api:*:*:*/*/*/{denied}")
    error = refused(signed(ann(statement(), admin), target=target))
    assert error.message is not None
    assert error.message.endswith(" with an explicit deny in an identity-based policy")


def test_conditions_see_the_request_and_the_caller(signed: Sign) -> None:
    blue = {"aws:PrincipalTag/team": "blue", "aws:username": "ann"}
    condition = {"StringEquals": blue, "IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    allow = statement(Condition=condition, Resource="arn:aws:execute-api:*:*:*/*/*/pets")
    authorize(signed(ann(allow, attributes=Attributes({"team": "blue"}))))
    error = refused(signed(ann(allow, attributes=Attributes({"team": "red"}))))
    assert error.message is not None
    assert error.message.endswith(" because no identity-based policy allows the execute-api:Invoke action")


def test_the_trace_tells_which_statement_decided(signed: Sign) -> None:
    exchange = signed(ann(statement(Sid="Read")))
    authorize(exchange)
    assert exchange.tracing is not None
    facts = exchange.tracing.steps[-1].facts
    assert facts["allowed"]
    assert facts["why"] == f"{ANN}: identity-based policy allows (Read); resource-based policy is silent"
    assert facts["statements"] == ["identity-based policy, Read (Allow): matches"]


def test_the_trace_tells_which_statement_denied_the_path_as_backends_read_it(signed: Sign) -> None:
    below = statement("Deny", Sid="No", Resource="arn:aws:execute-api:*:*:*/*/*/admin/*")
    exchange = signed(ann(statement(Sid="All"), below), target="/dev/admin%2f")
    refused(exchange)
    assert exchange.tracing is not None
    facts = exchange.tracing.steps[-1].facts
    assert facts["why"].endswith(": identity-based policy denies (No); resource-based policy is silent")
    assert facts["statements"] == [
        "identity-based policy, All (Allow): matches",
        "identity-based policy, No (Deny): matches the path with its escapes and dots resolved",
    ]


def test_where_nobody_is_known_nobody_is_let_on(exchange: MakeExchange, signed: Sign) -> None:
    made = signed(ann())
    made.outside = exchange().outside
    assert refused(made).error_type == "UnrecognizedClientException"
