"""The example a newcomer meets first: it starts, serves what it says, and can be deployed again."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.support.processes import BOUND, REGION, Gatewright

PETS = Path(__file__).parents[2] / "examples" / "pets"

Start = Callable[..., Gatewright]


def test_it_serves_its_three_methods_and_can_be_deployed_again(start_dev: Start) -> None:
    node = start_dev(str(PETS))
    url = node.stage_url("pets", "dev", "/pets")
    assert any(f"curl {url} " in line for line in node.printed)
    answers_as_a_pet_shop(url)
    backend = next(line.rpartition("HTTP_PROXY: from ")[2] for line in node.printed if "HTTP_PROXY" in line)
    again = subprocess.run(
        [sys.executable, str(PETS / "deploy.py"), "--endpoint", node.management_url, "--backend", backend],
        capture_output=True,
        text=True,
        env={"AWS_ACCESS_KEY_ID": "dev", "AWS_SECRET_ACCESS_KEY": "dev", "AWS_DEFAULT_REGION": REGION},
        timeout=BOUND,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    answers_as_a_pet_shop(url)
    gateway = node.client("apigateway")
    assert [api["id"] for api in gateway.get_rest_apis()["items"]] == ["pets"]
    gateway.close()


def answers_as_a_pet_shop(url: str) -> None:
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        assert [pet["name"] for pet in json.load(answer)] == ["Ada", "Bruno", "Coral"]
    with urllib.request.urlopen(f"{url}/2", timeout=BOUND) as answer:
        assert json.load(answer)["name"] == "Bruno"
    with urllib.request.urlopen(url, data=b'{"name": "Dotty"}', timeout=BOUND) as answer:
        assert answer.status == 201
        assert json.load(answer)["name"] == "Dotty"


def test_it_says_why_it_cannot_deploy() -> None:
    failed = subprocess.run(
        [sys.executable, str(PETS / "deploy.py"), "--endpoint", "http://127.0.0.1:9", "--region", REGION],
        capture_output=True,
        text=True,
        env={"AWS_ACCESS_KEY_ID": "dev", "AWS_SECRET_ACCESS_KEY": "dev", "AWS_MAX_ATTEMPTS": "1"},
        timeout=BOUND,
        check=False,
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("Not deployed: Could not connect to the endpoint URL")
