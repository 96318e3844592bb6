"""AWS_IAM on real nodes: requests signed by botocore and curl, tampered ones, principals, policies."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Start
from tests.support.apis import MOCK_TEMPLATE, Api
from tests.support.processes import Gatewright
from tests.support.signing import Keys, Signed, keys_of, signed
from tests.support.waiting import until

from gatewright.aws.credentials import read_credentials
from gatewright.cli.main import run as command

ROOT = Keys("test", "test")
READ = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/*/GET/*"}
IDENTITY = (
    "$context.identity.accountId $context.identity.accessKey $context.identity.caller "
    "$context.identity.user $context.identity.userArn"
)
MISMATCH = "The request signature we calculated does not match the signature you provided."

Run = Callable[..., str]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def closed_api(node: Gatewright, resource_policy: str | None = None) -> Api:
    """GET and POST /pets, GET / and GET /pets/{id}, all AWS_IAM; they answer who called."""
    api = Api(node, **({} if resource_policy is None else {"policy": resource_policy}))
    for path, verb in (("/", "GET"), ("/pets", "GET"), ("/pets", "POST"), ("/pets/{id}", "GET")):
        integration = {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}
        where = api.method(path, verb, integration, {"authorizationType": "AWS_IAM"})
        api.gateway.put_method_response(**where, statusCode="200")
        templates = {"application/json": IDENTITY}
        api.gateway.put_integration_response(**where, statusCode="200", responseTemplates=templates)
    api.deploy("dev")
    return api


@pytest.fixture(scope="module")
def api(dev: Gatewright) -> Api:
    return closed_api(dev)


@pytest.fixture(scope="module")
def gatewright(dev: Gatewright) -> Run:
    """`gatewright("principals", "list")` on the shared dev node; what it prints, or what it refuses."""

    def run(*arguments: str, code: int = 0) -> str:
        out, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors):
            ended = command([*arguments, "--data-dir", str(dev.data_dir)])
        assert ended == code, errors.getvalue()
        return (out if code == 0 else errors).getvalue()

    return run


@pytest.fixture(scope="module")
def ann(gatewright: Run) -> Keys:
    """A user who may GET everything."""
    gatewright("principals", "create-user", "ann", "--path", "/team/", "--policy", policy(READ))
    return keys_of(gatewright("principals", "create-key", "ann"))


def refusal(signed_request: Signed) -> tuple[int, str, str]:
    status, headers, body = signed_request.send()
    (message,) = json.loads(body).values()
    return status, headers["x-amzn-errortype"], message


def test_an_unsigned_request_lacks_a_token(dev: Gatewright, api: Api) -> None:
    request = signed(ROOT, dev.stage_url(api.id, "dev", "/pets"))
    del request.headers["Authorization"]
    assert refusal(request) == (403, "MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize("keys", [ROOT, Keys("dev", "dev"), Keys("000000000000", "test")])
def test_well_known_credentials_are_the_accounts_root_in_dev(dev: Gatewright, api: Api, keys: Keys) -> None:
    status, _, body = signed(keys, dev.stage_url(api.id, "dev", "/pets")).send()
    root = "000000000000"
    assert (status, body) == (200, f"{root} {keys.access_key} {root} {root} arn:aws:iam::{root}:root")


@pytest.mark.parametrize(
    ("path", "method", "body", "presigned"),
    [
        ("/", "GET", b"", None),
        ("/pets", "GET", b"", None),
        ("/pets?b=2&a=1&a=%20%2B&empty=", "GET", b"", None),
        ("/pets/a%20b%2Fc", "GET", b"", None),
        ("/pets/%C3%A9?x=%C3%A9", "GET", b"", None),
        ("/pets", "POST", b'{"name": "Rex"}', None),
        ("/pets", "GET", b"", 300),
        ("/pets?b=2&a=1", "GET", b"", 300),
        ("/pets/a%20b", "GET", b"", 300),
    ],
)
def test_botocores_signatures_are_good(
    dev: Gatewright, api: Api, path: str, method: str, body: bytes, presigned: int | None
) -> None:
    url = dev.stage_url(api.id, "dev", path)
    status, _, answer = signed(ROOT, url, method=method, body=body, presigned=presigned).send()
    assert status == 200, answer


def test_the_host_form_is_signed_as_it_is_sent(dev: Gatewright, api: Api) -> None:
    host = f"{api.id}.execute-api.localhost:{dev.port}"
    request = signed(ROOT, f"http://{host}/dev/pets")
    request.host = f"127.0.0.1:{dev.port}"
    request.headers["Host"] = host
    assert request.send()[0] == 200
    request.headers["Host"] = f"{api.id}.execute-api.example:{dev.port}"
    assert refusal(request)[:2] == (403, "InvalidSignatureException")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize("arguments", [[], ["--json", '{"a": 1}']])
def test_curls_signatures_are_good(dev: Gatewright, api: Api, arguments: list[str]) -> None:
    signer = ["--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", "test:test"]
    url = dev.stage_url(api.id, "dev", "/pets")
    done = subprocess.run(
        ["curl", "--silent", "--max-time", "30", *signer, *arguments, url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("arn:aws:iam::000000000000:root")


def _swap_path(request: Signed) -> None:
    request.target = request.target.replace("/pets", "/pets/")


def _swap_query(request: Signed) -> None:
    request.target = request.target.replace("a=1", "a=2")


def _swap_verb(request: Signed) -> None:
    request.method = "GET"


def _swap_body(request: Signed) -> None:
    request.body = b'{"name": "Max"}'


def _swap_header(request: Signed) -> None:
    request.headers["Content-Type"] = "text/plain"


def _swap_signature(request: Signed) -> None:
    head, _, signature = request.headers["Authorization"].rpartition("=")
    request.headers["Authorization"] = f"{head}={signature[::-1]}"


@pytest.mark.parametrize(
    "tamper", [_swap_path, _swap_query, _swap_verb, _swap_body, _swap_header, _swap_signature]
)
def test_what_was_signed_cannot_be_changed(
    dev: Gatewright, api: Api, tamper: Callable[[Signed], None]
) -> None:
    url = dev.stage_url(api.id, "dev", "/pets?a=1")
    headers = {"Content-Type": "application/json"}
    request = signed(ROOT, url, method="POST", headers=headers, body=b'{"name": "Rex"}')
    tamper(request)
    status, error_type, message = refusal(request)
    assert (status, error_type) == (403, "InvalidSignatureException")
    assert message.startswith(MISMATCH)
    assert f"The Canonical String for this request should have been\n'{request.method}\n" in message


@pytest.mark.parametrize(
    ("keys", "options", "error_type", "message"),
    [
        (Keys("test", "wrong"), {}, "InvalidSignatureException", MISMATCH),
        (
            Keys("AKIANOBODYNOBODYNOBO", "x"),
            {},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            Keys("test", "test", "a token"),
            {},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            ROOT,
            {"region": "eu-west-1", "service": "s4"},
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'. "
            "Credential should be scoped to correct service: 'execute-api'. ",
        ),
        (
            ROOT,
            {"headers": {"Authorization": "Bearer t"}, "presigned": 60},
            "IncompleteSignatureException",
            "Only one of",
        ),
    ],
)
def test_refused_signers(
    dev: Gatewright, api: Api, keys: Keys, options: dict[str, Any], error_type: str, message: str
) -> None:
    found = refusal(signed(keys, dev.stage_url(api.id, "dev", "/pets"), **options))
    assert found[:2] == (403, error_type)
    assert found[2].startswith(message)


def test_a_user_may_what_its_policy_allows(dev: Gatewright, api: Api, ann: Keys) -> None:
    status, _, body = signed(ann, dev.stage_url(api.id, "dev", "/pets/7")).send()
    account, access_key, caller, user, arn = body.split(" ")
    assert (status, account, access_key) == (200, "000000000000", ann.access_key)
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", caller)
    assert (user, arn) == (caller, "arn:aws:iam::000000000000:user/team/ann")
    found = refusal(signed(ann, dev.stage_url(api.id, "dev", "/pets"), method="POST"))
    assert found == (
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::000000000000:user/team/ann is not authorized to perform: execute-api:Invoke on "
        f"resource: arn:aws:execute-api:us-east-1:********0000:{api.id}/dev/POST/pets "
        "because no identity-based policy allows the execute-api:Invoke action",
    )


def test_changes_count_at_once(dev: Gatewright, api: Api, gatewright: Run) -> None:
    gatewright("principals", "create-user", "bob")
    keys = keys_of(gatewright("principals", "create-key", "bob"))
    url = dev.stage_url(api.id, "dev", "/pets")

    def status() -> int:
        return signed(keys, url).send()[0]

    assert status() == 403
    gatewright("principals", "put-policy", "bob", "read", policy(READ))
    until(lambda: status() == 200)
    gatewright("principals", "delete-policy", "bob", "read")
    until(lambda: status() == 403)
    gatewright("principals", "put-policy", "bob", "read", policy(READ))
    until(lambda: status() == 200)
    gatewright("principals", "delete-key", keys.access_key)
    until(lambda: status() == 403)
    assert refusal(signed(keys, url))[1] == "UnrecognizedClientException"


def test_a_roles_session(dev: Gatewright, api: Api, gatewright: Run) -> None:
    gatewright("principals", "create-role", "App", "--policy", policy(READ))
    only_pets = policy({**READ, "Resource": "arn:aws:execute-api:*:*:*/*/GET/pets"})
    keys = keys_of(gatewright("principals", "assume-role", "App", "ci", "--policy", only_pets))
    assert keys.access_key.startswith("ASIA")
    arn = "arn:aws:sts::000000000000:assumed-role/App/ci"
    for presigned in (None, 60):
        url = dev.stage_url(api.id, "dev", "/pets")
        status, _, body = signed(keys, url, presigned=presigned).send()
        assert status == 200, body
        assert re.search(rf" AROA[A-Z2-7]{{17}}:ci {re.escape(arn)}$", body)
    found = refusal(signed(keys, dev.stage_url(api.id, "dev", "/pets/7")))
    assert found[1] == "AccessDeniedException"
    assert found[2].startswith(f"User: {arn} is not authorized")
    assert found[2].endswith("because no session policy allows the execute-api:Invoke action")
    stolen = Keys(keys.access_key, keys.secret_key)
    found = refusal(signed(stolen, dev.stage_url(api.id, "dev", "/pets")))
    assert found[1] == "UnrecognizedClientException"


def test_a_permissions_boundary(dev: Gatewright, api: Api, gatewright: Run) -> None:
    boundary = policy({**READ, "Resource": "arn:aws:execute-api:*:*:*/*/GET/pets"})
    gatewright("principals", "create-user", "eve", "--policy", policy(READ), "--boundary", boundary)
    keys = keys_of(gatewright("principals", "create-key", "eve"))
    assert signed(keys, dev.stage_url(api.id, "dev", "/pets")).send()[0] == 200
    message = refusal(signed(keys, dev.stage_url(api.id, "dev", "/pets/7")))[2]
    assert message.endswith("because no permissions boundary allows the execute-api:Invoke action")


OTHER = "arn:aws:iam::111122223333:user/zoe"
TRUSTING = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "*", "Resource": "execute-api:/*/GET/*"}


def test_both_tables(dev: Gatewright, ann: Keys, gatewright: Run) -> None:
    """Table A: in the API's own account one side is enough. Table B: across accounts both must allow."""
    gatewright("principals", "create-user", "zoe", "--account", "111122223333")
    zoe = keys_of(gatewright("principals", "create-key", "zoe"))
    gatewright("principals", "create-user", "nil")
    nil = keys_of(gatewright("principals", "create-key", "nil"))
    account = {**TRUSTING, "Principal": {"AWS": [OTHER, "000000000000"]}}
    open_api, silent_api = closed_api(dev, policy(account)), closed_api(dev, policy(TRUSTING))
    denied = {**TRUSTING, "Effect": "Deny", "Principal": "*", "Resource": "execute-api:/*/GET/pets"}
    denying_api = closed_api(dev, policy(denied))

    def outcome(keys: Keys, api: Api, path: str = "/pets") -> str:
        status, _, body = signed(keys, dev.stage_url(api.id, "dev", path)).send()
        return "allowed" if status == 200 else re.split(r"/GET\S* ", json.loads(body)["Message"])[1]

    no_identity = "because no identity-based policy allows the execute-api:Invoke action"
    no_resource = "because no resource-based policy allows the execute-api:Invoke action"
    explicit = "with an explicit deny in a resource-based policy"
    assert outcome(nil, open_api) == "allowed"
    assert outcome(nil, silent_api) == no_identity
    assert outcome(ann, silent_api) == "allowed"
    assert outcome(ann, denying_api) == explicit
    assert outcome(ann, denying_api, "/pets/7") == "allowed"
    assert outcome(zoe, open_api) == no_identity
    gatewright("principals", "put-policy", OTHER, "read", policy(READ))
    until(lambda: outcome(zoe, open_api) == "allowed")
    assert outcome(zoe, denying_api) == explicit
    assert outcome(zoe, denying_api, "/pets/7") == no_resource


def test_escapes_do_not_walk_around_a_deny(dev: Gatewright, ann: Keys) -> None:
    """`{id}` takes the path as it was sent; the Deny is about what a backend reads in it."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    deny = {**allow, "Effect": "Deny", "Resource": "execute-api:/*/GET/pets/admin"}
    api = closed_api(dev, policy(allow, deny))
    paths = [("/pets/7", 200), ("/pets/admin", 403), ("/pets/%61dmin", 403), ("/pets/admin/", 403)]
    for path, expected in paths:
        assert signed(ann, dev.stage_url(api.id, "dev", path)).send()[0] == expected, path


def test_the_signature_stays_at_the_gateway(dev: Gatewright, ann: Keys) -> None:
    api = Api(dev)
    where = api.method(
        "/", "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, {"authorizationType": "AWS_IAM"}
    )
    api.gateway.put_method_response(**where, statusCode="200")
    templates = {"application/json": "[$input.params('Authorization')][$input.params('X-Kept')]"}
    api.gateway.put_integration_response(**where, statusCode="200", responseTemplates=templates)
    api.deploy("dev")
    request = signed(ann, dev.stage_url(api.id, "dev"), headers={"X-Kept": "yes"})
    assert request.send()[2] == "[][yes]"


def test_secrets_are_shown_once(gatewright: Run, ann: Keys, dev: Gatewright) -> None:
    listed = gatewright("principals", "list") + gatewright("principals", "list", "--json")
    assert ann.access_key in listed
    assert ann.secret_key not in listed
    assert not [line for line in (*dev.logged, *dev.printed) if ann.secret_key in line]
    assert (dev.data_dir / "catalog.sqlite3").stat().st_mode & 0o077 == 0


def test_a_running_dev_is_found(
    dev: Gatewright, ann: Keys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWRIGHT_DEV_LISTEN", f"127.0.0.1:{dev.port}")
    assert command(["principals", "list"]) == 0
    assert ann.access_key in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create-user", "ann", "--path", "/team/"), "exists already"),
        (("create-user", "a b"), "is not the ARN of a user"),
        (("create-user", "x", "--account", "12"), "is not the ARN of a user"),
        (("create-key", "nobody"), "there is no principal nobody"),
        (("assume-role", "ann"), "is no role"),
        (("put-policy", "ann", "p", '{"Statement": []}'), "write at least one"),
        (("put-policy", "ann", "p", policy({**READ, "Principal": "*"})), "leave Principal out"),
        (
            (
                "put-policy",
                "ann",
                "p",
                policy({**READ, "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}),
            ),
            "aws:viaawsservice",
        ),
        (("put-policy", "ann", "a/b", policy(READ)), "is no name of a policy"),
        (("delete-policy", "ann", "p"), "has no policy p"),
        (("delete-key", "AKIANONE"), "there is no access key"),
    ],
)
def test_what_principals_refuses(
    ann: Keys, gatewright: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert message in gatewright("principals", *arguments, code=1)


@pytest.fixture
def serving(start_serve: Start, tmp_path: Path) -> Gatewright:
    (tmp_path / "gatewright.toml").write_text(
        f"""
        [[principals]]
        arn = "arn:aws:iam::000000000000:user/settings"
        access_key = "AKIASETTINGSSETTINGS"
        secret_key = "of-the-settings"
        policies = ['{policy(READ)}']
        """
    )
    return start_serve("--config", str(tmp_path / "gatewright.toml"), workers=1)


def test_serve_knows_its_own_key_and_those_of_its_settings(serving: Gatewright) -> None:
    api = closed_api(serving)
    url = serving.stage_url(api.id, "dev", "/pets")
    own = read_credentials(serving.data_dir / "credentials")
    assert signed(Keys(own.access_key, own.secret_key), url).send()[2].endswith(":root")
    settings = Keys("AKIASETTINGSSETTINGS", "of-the-settings")
    assert signed(settings, url).send()[2].endswith("user/settings")
    assert signed(settings, url, method="POST").send()[0] == 403
    for keys in (ROOT, Keys("dev", "dev"), Keys("000000000000", "test")):
        assert refusal(signed(keys, url))[1] == "UnrecognizedClientException"
