"""`[services]` and `[roles]` as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.gateway.services import RoleKeys
from gatewright.server.data_room import gateway_settings
from gatewright.server.settings import Settings

ROLE = "arn:aws:iam::123456789012:role/team/writer"
URL = "http://127.0.0.1:5000"
KEYS = 'access_key = "AKIAEXAMPLE"\nsecret_key = "sekrit-secret"'


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "SERVICES", "ROLES"):
        monkeypatch.delenv(f"GATEWRIGHT_{name}", raising=False)


def _written(text: str) -> None:
    Path("gatewright.toml").write_text(text)


def test_where_services_are_and_whose_keys_sign() -> None:
    _written(
        f'[services]\nendpoint = "{URL}/"\n[services.sqs]\nendpoint = "https://queue.example"\n'
        f'[roles."{ROLE}"]\n{KEYS}\nsts = "{URL}"\n'
    )
    settings = load({}, None).for_serve()
    services = settings.services
    assert (services.endpoint_of("sns"), services.endpoint_of("sqs")) == (URL, "https://queue.example")
    keys = RoleKeys(access_key="AKIAEXAMPLE", secret_key="sekrit-secret", sts=URL)
    assert services.roles == {ROLE: keys}
    assert Settings.from_json(settings.to_json()) == settings
    assert gateway_settings(settings).services == services
    assert "sekrit" not in f"{settings!r}{services!r}"


def test_a_variable_is_the_table_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_SERVICES", f'{{"endpoint": "{URL}"}}')
    monkeypatch.setenv("GATEWRIGHT_ROLES", f'{{"{ROLE}": {{"profile": "writer"}}}}')
    services = load({}, None).for_serve().services
    assert (services.endpoint, services.roles) == (URL, {ROLE: RoleKeys(profile="writer")})
    monkeypatch.setenv("GATEWRIGHT_ROLES", '{"sekrit": ')
    with pytest.raises(BadOptions, match="GATEWRIGHT_ROLES: must be a JSON object") as caught:
        load({}, None)
    assert "sekrit" not in str(caught.value)


WRONG = {
    "a path": (f'[services]\nendpoint = "{URL}/x"', "must be an http or https URL of a host alone"),
    "no URL": ("[services.sqs]\nendpoint = 5", "must be an http or https URL of a host alone"),
    "another key": (f'[services.sqs]\nurl = "{URL}"', "a service's table has the one key endpoint"),
    "a misspelled endpoint": (f'[services]\nendpiont = "{URL}"', "there is no key 'endpiont'"),
    "no service": (f'[services."a:b"]\nendpoint = "{URL}"', "must be a service as integration URIs name it"),
    "no role": (f'[roles."writer"]\n{KEYS}', "must be a role's ARN"),
    "half a key": (f'[roles."{ROLE}"]\nsecret_key = "sekrit-secret"', "access_key and secret_key belong"),
    "two sources": (f'[roles."{ROLE}"]\n{KEYS}\nprofile = "x"', "give one of them"),
    "nothing": (f'[roles."{ROLE}"]', "says nothing: give profile"),
    "a lone token": (
        f'[roles."{ROLE}"]\nsession_token = "sekrit"\nprofile = "x"',
        "session_token belongs to",
    ),
    "a lone id": (f'[roles."{ROLE}"]\nexternal_id = "sekrit"\n{KEYS}', "external_id is said to sts"),
    "a short secret": (
        f'[roles."{ROLE}"]\naccess_key = "AKIA"\nsecret_key = "abc"',
        "'secret_key': String should have",
    ),
    "an unknown key": (f'[roles."{ROLE}"]\nsecret = "sekrit"', "there is no setting 'roles.arn:aws:iam"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_refused_without_its_secrets(case: str) -> None:
    text, reason = WRONG[case]
    _written(text)
    with pytest.raises(BadOptions) as caught:
        load({}, None)
    assert reason in str(caught.value)
    assert "sekrit" not in str(caught.value)
