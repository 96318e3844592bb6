"""`[[principals]]` of the settings: what they become, what is refused, and that a refusal tells no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.policies import document, statement

from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.server.local_callers import of_dev, of_serve
from gatewright.server.settings import Settings

POLICY = json.dumps(document(statement()))
ANN = """
[[principals]]
arn = "arn:aws:iam::123456789012:user/ann"
access_key = "AKIAANNANNANNANNANNA"
secret_key = "top secret"
"""


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATEWRIGHT_CONFIG", raising=False)


def settings(text: str) -> Settings:
    Path("gatewright.toml").write_text(text)
    return load({}, None).for_serve()


def test_policies_come_from_files_and_from_the_settings() -> None:
    Path("read.json").write_text(POLICY)
    read = settings(
        f"{ANN}policies = ['read.json', '{POLICY}']\ntags = {{team = 'blue'}}\norganization = 'o-1a2b'"
    )
    assert Settings.from_json(read.to_json()) == read
    assert "top secret" not in repr(read)
    for local in (of_serve(read), of_dev(read)):
        credential = local("AKIAANNANNANNANNANNA")
        assert credential is not None
        principal = credential.principal
        assert (principal.arn, credential.secret_key) == ("arn:aws:iam::123456789012:user/ann", "top secret")
        assert principal.policy is not None
        assert len(principal.policy.statements) == 2
        assert principal.context["aws:principaltag/team"] == "blue"
        assert principal.context["aws:principalorgid"] == "o-1a2b"


def test_well_known_keys_are_devs_only(tmp_path: Path) -> None:
    plain = Settings(tmp_path, account_id="123456789012")
    dev, serve = of_dev(plain), of_serve(plain)
    for access_key, secret, account in (
        ("test", "test", "123456789012"),
        ("dev", "dev", "123456789012"),
        ("111122223333", "test", "111122223333"),
    ):
        credential = dev(access_key)
        assert credential is not None
        assert (credential.secret_key, credential.principal.account) == (secret, account)
        assert serve(access_key) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ANN + "policies = ['nothere.json']", "the policy file nothere.json cannot be read"),
        (ANN + "policies = ['{\"Statement\": []}']", "policies[0]"),
        (ANN + "policies = ['{']", "it is not JSON"),
        (ANN + "boundary = '{\"Statement\": []}'", "the permissions boundary"),
        (ANN + "policy = 'x'", "Extra inputs are not permitted"),
        (ANN.replace("user/ann", "group/ann"), "is not the ARN of a user"),
        (ANN.replace("user/ann", "root") + f"policies = ['{POLICY}']", "policies do not hold back"),
        (ANN.replace('"AKIAANNANNANNANNANNA"', '"a b"'), "access_key"),
        (ANN.replace('"AKIAANNANNANNANNANNA"', "7"), "access_key"),
        (ANN.replace('secret_key = "top secret"', ""), "secret_key"),
        (ANN + ANN, "access key AKIAANNANNANNANNANNA stands there twice"),
        ('principals = "top secret"', "principals in gatewright.toml"),
    ],
)
def test_refusals_tell_what_is_wrong_and_no_secret(text: str, message: str) -> None:
    with pytest.raises(BadOptions) as caught:
        settings(text)
    assert message in str(caught.value)
    assert "top secret" not in str(caught.value)
