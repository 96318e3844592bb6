"""`[issuers]`, `test_issuer` and the bounds on asking issuers, as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.gateway.issuers import Place
from gatewright.server.data_room import gateway_settings
from gatewright.server.settings import Settings

ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"
URL = "http://127.0.0.1:5000/us-east-1_abc"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "ISSUERS", "TEST_ISSUER"):
        monkeypatch.delenv(f"GATEWRIGHT_{name}", raising=False)


def _issuers(text: str, before: str = "") -> None:
    Path("gatewright.toml").write_text(f"{before}\n[issuers]\n{text}\n")


def test_where_issuers_are_served() -> None:
    _issuers(
        f'"{ARN}" = "{URL}"\n'
        '"https://issuer.example.com/" = { url = "http://keycloak:8080/realms/x", '
        'issuer = "http://localhost:8080/realms/x" }'
    )
    settings = load({}, None).for_serve()
    assert settings.issuers == {
        ARN: Place(URL),
        "https://issuer.example.com/": Place(
            "http://keycloak:8080/realms/x", "http://localhost:8080/realms/x"
        ),
    }
    assert Settings.from_json(settings.to_json()) == settings


def test_a_variable_is_the_table_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    _issuers(f'"{ARN}" = "http://in.the.file"')
    monkeypatch.setenv("GATEWRIGHT_ISSUERS", f'{{"{ARN}": "{URL}"}}')
    assert load({}, None).for_serve().issuers == {ARN: Place(URL)}
    monkeypatch.setenv("GATEWRIGHT_ISSUERS", ARN)
    with pytest.raises(BadOptions, match="GATEWRIGHT_ISSUERS: must be a JSON object, such as"):
        load({}, None)


WRONG = {
    "a name": (f'"us-east-1_abc" = "{URL}"', "'us-east-1_abc': must be a user pool's ARN"),
    "plain http": (f'"http://issuer.example.com" = "{URL}"', "must be a user pool's ARN"),
    "a query": (f'"https://issuer.example.com?a" = "{URL}"', "must be a user pool's ARN"),
    "no URL": (f'"{ARN}" = "127.0.0.1:5000"', f"'{ARN}': must be http or https URLs"),
    "a path": (f'"{ARN}" = "file:///etc"', "must be http or https URLs"),
    "a password": (f'"{ARN}" = "http://u:p@127.0.0.1/"', "must be http or https URLs"),
    "a fragment": (f'"{ARN}" = "{URL}#x"', "must be http or https URLs"),
    "a space": (f'"{ARN}" = "{URL} x"', "must be http or https URLs"),
    "no port": (f'"{ARN}" = "http://127.0.0.1:99999/"', "must be http or https URLs"),
    "empty": (f'"{ARN}" = ""', "must be http or https URLs"),
    "a number": (f'"{ARN}" = 1', 'write a URL such as "http://127.0.0.1:9000/realms/x", "test-issuer"'),
    "a typing error": (f'"{ARN}" = {{ uri = "{URL}" }}', "write a URL such as"),
    "no name": (f'"{ARN}" = {{ url = "{URL}", issuer = 1 }}', "write a URL such as"),
    "a wrong name": (f'"{ARN}" = {{ url = "{URL}", issuer = "x" }}', "must be http or https URLs"),
    "a named test issuer": (
        f'"{ARN}" = {{ url = "test-issuer", issuer = "{URL}" }}',
        "must be http or https URLs",
    ),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named(text: str, problem: str) -> None:
    _issuers(text)
    with pytest.raises(BadOptions) as caught:
        load({}, None)
    assert str(caught.value).startswith("issuers in gatewright.toml, '")
    assert problem in str(caught.value)


def test_serve_has_a_test_issuer_only_if_it_is_enabled(tmp_path: Path) -> None:
    assert load({}, None).for_serve().test_issuer == "off"
    assert load({}, None).for_dev(tmp_path).test_issuer == "unmapped"
    _issuers(f'"{ARN}" = "test-issuer"')
    assert load({}, None).for_dev(tmp_path).test_issuer == "unmapped"
    with pytest.raises(
        BadOptions, match=f"issuers: {ARN} is the test-issuer's, which is off: set test_issuer"
    ):
        load({}, None).for_serve()
    _issuers(f'"{ARN}" = "test-issuer"', "test_issuer = true")
    assert load({}, None).for_serve().test_issuer == "mapped"
    _issuers("", "test_issuer = false")
    assert load({}, None).for_dev(tmp_path).test_issuer == "off"


def test_the_gateway_hears_of_all(tmp_path: Path) -> None:
    _issuers(f'"{ARN}" = "{URL}"', "issuer_keys_lifetime = 60\nissuer_refetch_floor = 0.5")
    heard = gateway_settings(load({}, None).for_dev(tmp_path)).issuers
    assert heard.places == {ARN: Place(URL)}
    assert heard.test_issuer == "http://127.0.0.1:4566/_gatewright/issuer"
    assert heard.unmapped_to_test_issuer
    assert (heard.keys_lifetime, heard.refetch_floor) == (60.0, 0.5)
    heard = gateway_settings(load({}, None).for_serve()).issuers
    assert (heard.test_issuer, heard.unmapped_to_test_issuer) == ("", False)


@pytest.mark.parametrize("name", ["issuer_keys_lifetime", "issuer_refetch_floor"])
def test_keys_are_kept_for_an_hour_at_most(name: str) -> None:
    with pytest.raises(BadOptions, match=f"--{name.replace('_', '-')}: Input should be less than or equal"):
        load({name: "3601"}, None)
