"""The files in deploy/, by the schemas of what reads them, and by what they must agree on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import kubernetes_validate
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from gatewright.cli.option_sources import CONFIG_VARIABLE, load
from gatewright.cli.options import PREFIX, Options

ROOT = Path(__file__).parents[3]
KUBERNETES, COMPOSE = ROOT / "deploy" / "kubernetes", ROOT / "deploy" / "compose"
COMPOSE_FILES = [ROOT / "compose.yaml", COMPOSE / "compose.yaml"]
VERSIONS = ("1.29", kubernetes_validate.latest_version())  # the oldest that is asked of a cluster, the newest
SHARED = {"catalog"}  # where nodes of many machines meet


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def found(kind: str) -> dict[str, Any]:
    [one] = [one for path in KUBERNETES.glob("*.yaml") for one in documents(path) if one["kind"] == kind]
    return dict(one)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(path.name for path in KUBERNETES.glob("*.yaml")))
def test_kubernetes_takes_the_manifests(name: str, version: str) -> None:
    for document in documents(KUBERNETES / name):
        if document["kind"] != "Kustomization":  # read by kubectl, not by the API
            kubernetes_validate.validate(document, version, strict=True)


def test_the_schema_would_find_a_mistake() -> None:
    deployment = found("Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["livenessProbe"]["periodSecond"] = 10
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=["one node", "three nodes"])
def test_compose_takes_its_files(path: Path) -> None:
    schema = jsonschema_rs.validator_for(get_builtin_schema("vendor.compose-spec"))
    [document] = documents(path)
    schema.validate(document)
    next(iter(document["services"].values()))["portz"] = []
    assert not schema.is_valid(document)


def test_all_manifests_but_the_example_of_the_secret_are_applied() -> None:
    named = set(found("Kustomization")["resources"]) | {"kustomization.yaml", "secret.example.yaml"}
    assert named == {path.name for path in KUBERNETES.glob("*.yaml")}


def test_pods_are_given_the_time_that_their_drain_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (CONFIG_VARIABLE, PREFIX + "DRAIN_DELAY", PREFIX + "DRAIN_TIMEOUT"):
        monkeypatch.delenv(variable, raising=False)
    file = tmp_path / "gatewright.toml"
    file.write_text(found("ConfigMap")["data"]["gatewright.toml"])
    options = load({}, file)
    pod = found("Deployment")["spec"]["template"]["spec"]
    probe = pod["containers"][0]["readinessProbe"]
    assert options.drain_delay > probe["periodSeconds"] * probe["failureThreshold"]
    assert pod["terminationGracePeriodSeconds"] > options.drain_delay + options.drain_timeout
    assert str(options.workers) == pod["containers"][0]["resources"]["requests"]["cpu"]


def test_selectors_ports_and_secrets_meet() -> None:
    template = found("Deployment")["spec"]["template"]
    label = {"app.kubernetes.io/name": "gatewright"}
    services = documents(KUBERNETES / "services.yaml")
    assert template["metadata"]["labels"] == label
    assert all(service["spec"]["selector"] == label for service in services)
    [container] = template["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for service in services for port in service["spec"]["ports"]} <= ports
    asked = {one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}
    [volume] = [volume for volume in template["spec"]["volumes"] if "secret" in volume]
    asked |= {item["key"] for item in volume["secret"]["items"]}
    assert asked == set(found("Secret")["stringData"])


def test_variables_are_settings() -> None:
    [compose] = documents(COMPOSE / "compose.yaml")
    given = set(compose["services"]["node1"]["environment"])
    given |= {one["name"] for one in found("Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]}
    names = {name.removeprefix(PREFIX).lower() for name in given - {CONFIG_VARIABLE}}
    assert names <= set(Options.model_fields) | SHARED


def test_three_nodes_have_their_own_data_and_the_rest_in_common() -> None:
    [compose] = documents(COMPOSE / "compose.yaml")
    nodes = [compose["services"][name] for name in ("node1", "node2", "node3")]
    assert len({volume for node in nodes for volume in node.pop("volumes")}) == 3
    assert nodes[0] == nodes[1] == nodes[2]
    environment = nodes[0]["environment"]
    drain = float(environment["GATEWRIGHT_DRAIN_DELAY"]) + float(environment["GATEWRIGHT_DRAIN_TIMEOUT"])
    assert int(nodes[0]["stop_grace_period"].removesuffix("s")) > drain


def test_haproxy_takes_the_balancers_file() -> None:
    haproxy = shutil.which("haproxy")
    if haproxy is None:
        pytest.skip("there is no haproxy on this machine to check its file with")
    checked = subprocess.run(
        [haproxy, "-c", "-f", COMPOSE / "haproxy.cfg"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
