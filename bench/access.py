"""What access control costs HTTP_PROXY: Lambda authorizer (cached), token, Signature Version 4.

Each kind is compared with a method open to everybody that is sent the same header fields: reading and passing
on a token of 900 bytes is not what is measured.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import jwt
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from load import LOAD_CPU, wrk
from ours import Api, Gatewright, gatewright, hello_function, invocation_uri
from peers import envoy, envoy_jwt, envoy_rate_limit, free_port, nginx
from scenarios import Options, Table

from gatewright.aws.jwt.signing import signing_key
from gatewright.gateway.verified_tokens import REMEMBERED

POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_bench"
WORTH = {"Lambda authorizer": 0.8, "token": 0.8, "SigV4": 0.5}  # of the speed of open HTTP_PROXY
FIRST_SEEN, NEW_TOKENS = "token, first seen", 6_000  # a second
PLENTY = 1_000_000_000
ALLOW = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    return {"principalId": "bench", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
INVOKE = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}

Headers = dict[str, str]


def access(options: Options) -> Table:
    table = Table("access control: HTTP_PROXY open and behind each kind, Envoy's beside", "requests/s")
    backend = free_port()
    settings = options.directory / "gatewright.toml"
    settings.write_text(f'test_issuer = true\n[issuers]\n"{POOL}" = "test-issuer"\n')
    with (
        nginx(options.directory, backend, None, cpu=LOAD_CPU),
        gatewright(options.directory) as instance,
    ):
        api = _api(instance, f"http://127.0.0.1:{backend}/")
        token = _printed(instance, "token", "--sub", "alice", "--pool", POOL)
        callers: dict[str, tuple[str, Headers]] = {
            "Lambda authorizer": (api.url("/lambda"), {"Authorization": "bench"}),
            "token": (api.url("/token"), {"Authorization": token}),
            "SigV4": (api.url("/iam"), _signature(instance, api.url("/iam"))),
        }
        for url, headers in callers.values():
            urllib.request.urlopen(urllib.request.Request(url, headers=headers)).close()
        new_tokens = _new_tokens(options.directory, instance, token)
        for _ in range(options.rounds):
            _measure(table, "open", api.url("/open"), _script(options.directory, ()), options)
            for name, (url, headers) in callers.items():
                script = _script(options.directory, headers.items())
                _measure(table, f"open, sent the same as {name}", api.url("/open"), script, options)
                _measure(table, name, url, script, options)
            _measure(table, FIRST_SEEN, api.url("/token"), new_tokens, options)
            _envoy(table, options, backend, instance, token)
    _goals(table)
    return table


def _api(instance: Gatewright, uri: str) -> Api:
    api = Api(instance, "guarded")
    create = instance.client("apigateway").create_authorizer
    function = invocation_uri(hello_function(instance, "allow", ALLOW))
    source = {"restApiId": api.id, "identitySource": "method.request.header.Authorization"}
    by_function = create(**source, name="function", type="TOKEN", authorizerUri=function)["id"]
    by_pool = create(**source, name="pool", type="COGNITO_USER_POOLS", providerARNs=[POOL])["id"]
    for part, authorization in (
        ("open", None),
        ("lambda", {"authorizationType": "CUSTOM", "authorizerId": by_function}),
        ("token", {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": by_pool}),
        ("iam", {"authorizationType": "AWS_IAM"}),
    ):
        api.method(part, "GET", authorization=authorization, type="HTTP_PROXY", httpMethod="GET", uri=uri)
    api.deploy()
    return api


def _printed(instance: Gatewright, *command: str) -> str:
    gatewright = str(Path(sys.executable).parent / "gatewright")
    where = ("--data-dir", str(instance.directory / "data"))
    done = subprocess.run([gatewright, *command, *where], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _signature(instance: Gatewright, url: str) -> Headers:
    """One signature, good for the five minutes that the service allows, verified anew for each request."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [INVOKE]})
    _printed(instance, "principals", "create-user", "bench", "--policy", policy)
    keys = re.findall(r"export AWS_\w+=(\S+)", _printed(instance, "principals", "create-key", "bench"))
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(*keys), "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def _new_tokens(directory: Path, instance: Gatewright, token: str) -> str:
    """A script that sends a token not seen before in each request: by the time that one comes again, a worker
    has forgotten it."""
    key = signing_key(instance.directory / "data" / "test-issuer.pem")
    claims = jwt.decode(token, options={"verify_signature": False})
    tokens = directory / "tokens"
    tokens.write_text(
        "".join(f"{key.sign({**claims, 'jti': str(each)})}\n" for each in range(2 * REMEMBERED))
    )
    script = directory / "tokens.lua"
    script.write_text(
        f'local requests, at = {{}}, 0\nfunction init()\n  for token in io.lines("{tokens}") do\n'
        '    requests[#requests + 1] = wrk.format("GET", nil, {Authorization = token})\n  end\nend\n'
        "function request()\n  at = at % #requests + 1\n  return requests[at]\nend\n"
    )
    return str(script)


def _measure(table: Table, name: str, url: str, script: str, options: Options) -> None:
    wrk(url, seconds=min(1.0, options.seconds), script=script)
    result = wrk(url, seconds=options.seconds, script=script)
    table.add(name, result.rate, result.trouble)


def _script(directory: Path, headers: Iterable[tuple[str, str]]) -> str:
    script = directory / "headers.lua"
    script.write_text("".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers))
    return str(script)


def _envoy(table: Table, options: Options, backend: int, instance: Gatewright, token: str) -> None:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{instance.management}/_gatewright/issuer/.well-known/jwks.json"
    ) as answer:
        jwks = answer.read().decode()
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    bearer = {"Authorization": f"Bearer {token}"}
    for name, guards, headers in (
        ("Envoy, open", [], {}),
        ("Envoy, jwt_authn", [envoy_jwt(issuer, jwks)], bearer),
        ("Envoy, local_ratelimit", [envoy_rate_limit(PLENTY)], {}),
    ):
        port = free_port()
        with envoy(options.directory, port, backend, guards):
            script = _script(options.directory, headers.items())
            _measure(table, name, f"http://127.0.0.1:{port}/", script, options)


def _goals(table: Table) -> None:
    for name, least in WORTH.items():
        share = table.share(name, f"open, sent the same as {name}")
        table.goals.append((f"{name}: {share:.2f} of the speed without (to reach: {least})", share >= least))
    rate = table.median(FIRST_SEEN)
    table.goals.append((f"{FIRST_SEEN}: {rate:,.0f}/s (to reach: {NEW_TOKENS:,})", rate >= NEW_TOKENS))
    share = table.share("Envoy, jwt_authn", "Envoy, open")
    table.notes.append(f"Envoy with jwt_authn: {share:.2f} of its own speed without")
