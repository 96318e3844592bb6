"""`[load_balancers]` as settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.cli.option_sources import load
from gatewright.cli.options import BadOptions
from gatewright.gateway.load_balancers import LoadBalancer, find
from gatewright.server.data_room import gateway_settings
from gatewright.server.settings import Settings
from gatewright.wire.target_group import HealthCheck, TargetGroup

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188"
LISTENER = f"{ARN.replace(':loadbalancer/', ':listener/')}/0467ef3c8400ae65"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "LOAD_BALANCERS"):
        monkeypatch.delenv(f"GATEWRIGHT_{name}", raising=False)


def _written(text: str) -> None:
    Path("gatewright.toml").write_text(text)


def test_who_serves_which_port_and_how_it_is_checked() -> None:
    _written(
        f'[load_balancers."{ARN}"]\ntargets = ["10.0.0.5:8080", "[::1]:81"]\n'
        'listeners = {8443 = ["shop.example:443"]}\nhealth_protocol = "HTTPS"\nhealth_path = "/up?x=1"\n'
        "health_interval = 3\nhealth_timeout = 1\nhealthy_threshold = 3\nunhealthy_threshold = 4\n"
    )
    settings = load({}, None).for_serve()
    check = HealthCheck("HTTPS", "/up?x=1", 3.0, 1.0, 3, 4)
    balancer = settings.load_balancers[ARN]
    assert balancer.group(ARN, 80) == TargetGroup(ARN, (("10.0.0.5", 8080), ("::1", 81)), check)
    assert balancer.group(ARN, 8443) == TargetGroup(ARN, (("shop.example", 443),), check)
    assert Settings.from_json(settings.to_json()) == settings
    assert gateway_settings(settings).load_balancers == settings.load_balancers
    assert find(settings.load_balancers, LISTENER) is find(settings.load_balancers, ARN) is balancer
    assert find(settings.load_balancers, LISTENER.replace("shop", "bank")) is None


def test_a_variable_is_the_table_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_LOAD_BALANCERS", f'{{"{ARN}": {{"listeners": {{"80": ["a:1"]}}}}}}')
    found = load({}, None).for_serve().load_balancers
    assert found == {ARN: LoadBalancer((), {"80": ("a:1",)})}
    assert found[ARN].group(ARN, 81) is None


TARGETS = 'targets = ["10.0.0.5:8080"]'
WRONG = {
    "no load balancer": ('[load_balancers."arn:aws:s3:::b"]\n' + TARGETS, "must be the ARN of a network or"),
    "no host": ("targets = [':80']", "is no target: write HOST:PORT"),
    "no port": ("targets = ['10.0.0.5']", "is not HOST:PORT"),
    "port 0": ("targets = ['10.0.0.5:0']", "is no target: write HOST:PORT"),
    "a URL": ("targets = ['http://10.0.0.5:80']", "is not HOST:PORT"),
    "a path": ("targets = ['10.0.0.5/x:80']", "is no target: write HOST:PORT"),
    "nobody": ("targets = []", "at least 1 item"),
    "too many": (f"targets = {['a:1'] * 101}", "at most 100 items"),
    "nothing": ("", "leads nowhere: give targets"),
    "a listener's port": ("listeners = {http = ['a:1']}", "'http' is no port of a listener"),
    "an interval": (f"{TARGETS}\nhealth_interval = 0", "greater than or equal to 0.05"),
    "a protocol": (f"{TARGETS}\nhealth_protocol = 'UDP'", "'TCP', 'HTTP' or 'HTTPS'"),
    "a lone path": (f"{TARGETS}\nhealth_path = '/up'", 'add health_protocol = "HTTP"'),
    "no path": (f"{TARGETS}\nhealth_protocol = 'HTTP'\nhealth_path = '/a b'", "should match pattern"),
    "an unknown key": (f"{TARGETS}\nhealth = 1", "there is no setting 'load_balancers.arn:aws:elastic"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_refused_with_its_reason(case: str) -> None:
    text, reason = WRONG[case]
    _written(text if text.startswith("[") else f'[load_balancers."{ARN}"]\n{text}')
    with pytest.raises(BadOptions) as caught:
        load({}, None)
    assert reason in str(caught.value)
