"""A flag wins over a variable, that over the file, the file over the default; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.server.address import Address


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "WORKERS", "REGION", "LISTEN", "DEV_LISTEN"):
        monkeypatch.delenv(f"GATEWRIGHT_{name}", raising=False)


def _file(text: str, path: str = "gatewright.toml") -> Path:
    Path(path).write_text(text)
    return Path(path)


def _problems(**flags: str) -> list[str]:
    with pytest.raises(BadOptions) as caught:
        load(flags, None)
    return str(caught.value).splitlines()


def test_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load({}, None).region == "us-east-1"
    _file('region = "eu-west-1"')
    assert load({"region": None}, None).region == "eu-west-1"
    monkeypatch.setenv("GATEWRIGHT_REGION", "eu-west-2")
    assert load({"region": None}, None).region == "eu-west-2"
    assert load({"region": "eu-west-3"}, None).region == "eu-west-3"


def test_every_kind_of_value_comes_from_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    _file('workers = 3\nproxy_protocol = true\ndata_dir = "here"')
    monkeypatch.setenv("GATEWRIGHT_LISTEN", "[::1]:9000")
    settings = load({"drain_timeout": "2.5"}, None).for_serve()
    assert settings.workers == 3
    assert settings.proxy_protocol
    assert settings.data_dir == Path("here").absolute()
    assert settings.listen == Address("::1", 9000)
    assert settings.drain_timeout == 2.5
    assert not settings.openapi_strict
    assert load({"openapi_strict": True}, None).for_serve().openapi_strict


def test_the_file_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    named = _file("workers = 7", "other.toml")
    assert load({}, named).workers == 7
    monkeypatch.setenv("GATEWRIGHT_CONFIG", "other.toml")
    assert load({}, None).workers == 7


def test_limits_reach_the_settings() -> None:
    limits = load({"max_body_bytes": "77", "max_integration_timeout_ms": "60000"}, None).for_serve().limits
    assert (limits.body_bytes, limits.integration_timeout_ms) == (77, 60_000)


def test_the_accounts_throttle_is_off_unless_both_halves_are_given() -> None:
    limits = load({}, None).for_serve().limits
    assert (limits.account_rate, limits.account_burst) == (None, None)
    given = {"account_rate_limit": "0.5", "account_burst_limit": "0"}
    for settings in (load(given, None).for_serve(), load(given, None).for_dev(Path("here"))):
        assert (settings.limits.account_rate, settings.limits.account_burst) == (0.5, 0)
    together = "--account-rate-limit and --account-burst-limit belong together: give both, or neither"
    assert _problems(account_rate_limit="5") == [together]
    assert _problems(account_burst_limit="5") == [together]


def test_the_state_is_as_large_as_told_or_as_the_command_needs() -> None:
    serve, dev = load({}, None).for_serve().state, load({}, None).for_dev(Path("here")).state
    assert (serve.counters_bytes, serve.policies_bytes) == (134_217_728, 67_108_864)
    assert (dev.counters_bytes, dev.policies_bytes) == (8_388_608, 8_388_608)
    assert (serve.responses_bytes, dev.responses_bytes) == (268_435_456, 33_554_432)
    told = {"state_counters_bytes": "4194304", "state_policies_bytes": "5000000"}
    for settings in (load(told, None).for_serve(), load(told, None).for_dev(Path("here"))):
        assert (settings.state.counters_bytes, settings.state.policies_bytes) == (4_194_304, 5_000_000)
    (problem,) = _problems(state_counters_bytes="4194303")
    assert problem.startswith("--state-counters-bytes: ")


def test_an_unknown_key_is_named() -> None:
    _file("wrokers = 3")
    assert _problems() == [
        "gatewright.toml: there is no setting 'wrokers'; `gatewright serve --help` lists them"
    ]


def test_every_problem_is_told_with_where_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    _file('account_id = "12"')
    monkeypatch.setenv("GATEWRIGHT_WORKERS", "many")
    problems = _problems(listen="8080")
    assert len(problems) == 3
    assert any(line.startswith("--listen: '8080' is not HOST:PORT") for line in problems)
    assert any(line.startswith("GATEWRIGHT_WORKERS: ") and "(got 'many')" in line for line in problems)
    assert any(line.startswith("account_id in gatewright.toml: ") for line in problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", "0"),
        ("region", "Frankfurt"),
        ("lambda_endpoint", "lambda.example"),
        ("drain_timeout", "-1"),
        ("max_body_bytes", "0"),
    ],
)
def test_values_out_of_bounds_are_refused(name: str, value: str) -> None:
    (problem,) = _problems(**{name: value})
    assert problem.startswith(f"--{name.replace('_', '-')}: ")
    assert problem.endswith(f"(got '{value}')")


def test_dev_listens_on_loopback_only() -> None:
    (problem,) = _problems(dev_listen="0.0.0.0:4566")
    assert problem.startswith(
        "--listen: dev accepts any credentials, so it listens on loopback addresses only"
    )
    assert load({"dev_listen": "[::1]:4566"}, None).for_dev(Path("/d")).listen == Address("::1", 4566)


def test_backends_of_both_commands_may_be_certified_by_further_authorities() -> None:
    options = load({"backend_ca_bundle": "roots.pem"}, None)
    for settings in (options.for_serve(), options.for_dev(Path("here"))):
        assert settings.backend_ca_bundle == Path("roots.pem")
    assert load({}, None).for_serve().backend_ca_bundle is None


def test_a_certificate_needs_its_key() -> None:
    assert _problems(tls_cert="cert.pem") == [
        "--tls-cert and --tls-key belong together: give both, or neither"
    ]


def test_a_named_file_must_be_there() -> None:
    with pytest.raises(BadOptions, match=r"--config missing.toml: there is no such file"):
        load({}, Path("missing.toml"))


def test_a_broken_file_is_told() -> None:
    with pytest.raises(BadOptions, match=r"broken.toml is not valid TOML: Invalid value"):
        load({}, _file("workers =", "broken.toml"))


def test_a_catalogs_password_is_kept_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://ann:s3cret@db/gatewright"
    assert "among the arguments can be read by every user" in _problems(catalog=url)[0]
    monkeypatch.setenv("GATEWRIGHT_CATALOG", url)
    settings = load({}, None).for_serve()
    assert settings.catalog == url
    assert "s3cret" not in repr(settings)
    assert load({}, None).for_dev(Path("here")).catalog is None
    monkeypatch.setenv("GATEWRIGHT_CATALOG", "mysql://ann:s3cret@db/gatewright")
    assert _problems() == ["GATEWRIGHT_CATALOG: must be a URL such as postgresql://user@host/database"]


def test_the_state_may_be_in_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load({}, None).for_serve().valkey is None
    assert load({"state": "valkey://host"}, None).for_serve().valkey == "valkey://host"
    monkeypatch.setenv("GATEWRIGHT_STATE", "valkeys://user:secret@host:1/2")
    settings = load({}, None).for_serve()
    assert settings.valkey == "valkeys://user:secret@host:1/2"
    assert "secret" not in repr(settings)


def test_a_password_of_valkey_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = _problems(state="valkey://user:secret@host")
    assert problem.startswith("--state: a password among the arguments can be read by every user")
    monkeypatch.setenv("GATEWRIGHT_STATE", "redis://user:secret@host")
    (problem,) = _problems()
    assert problem.startswith("GATEWRIGHT_STATE: is no URL of Valkey such as valkey://host:6379/0")
    assert "secret" not in problem


def test_a_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_WORKRES", "2")
    monkeypatch.setenv("GATEWRIGHT_SERVICE_HOST", "10.0.0.1")  # as Kubernetes makes them
    monkeypatch.setenv("GATEWRIGHT_MANAGEMENT_PORT", "tcp://10.0.0.1:8081")
    assert _problems() == ["GATEWRIGHT_WORKRES: there is no such setting; do you mean GATEWRIGHT_WORKERS?"]
