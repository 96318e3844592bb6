"""The examples a newcomer meets first: they start, serve what they say, and the doctor finds nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import LOCAL
from tests.support.processes import BOUND, Gatewright

from gatewright.cli.main import run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    node = Gatewright("dev", tmp_path_factory.mktemp("pets"), *LOCAL, str(EXAMPLES / "pets"))
    yield node.ready()
    node.close()


@pytest.fixture
def pets(node: Gatewright) -> str:
    return node.stage_url("pets", "dev", "")


def asked(url: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str, str]:
    """Status, the header Access-Control-Allow-Origin, body. Names of headers have underscores here."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    content = None if body is None else body.encode()
    try:
        request = urllib.request.Request(url, content, sent, method=method)
        answer = urllib.request.urlopen(request, timeout=BOUND)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        origin = answer.headers.get("Access-Control-Allow-Origin", "")
        return answer.status, origin, answer.read().decode()


def test_it_prints_commands_that_can_be_copied(node: Gatewright, pets: str) -> None:
    assert any(f"curl {pets}/pets " in line for line in node.printed)
    assert not any("{url}" in line for line in node.printed)


def test_a_template_makes_the_list(pets: str) -> None:
    names = [pet["name"] for pet in json.loads(asked(f"{pets}/pets")[2])]
    assert names == ["Ada", "Bruno", "Coral"]
    (dog,) = json.loads(asked(f"{pets}/pets?kind=dog")[2])
    assert dog == {"id": 2, "name": "Bruno", "kind": "dog"}
    assert json.loads(asked(f"{pets}/pets?kind=bear")[2]) == []


def test_the_backend_and_the_function_answer(pets: str) -> None:
    assert json.loads(asked(f"{pets}/pets/2")[2])["name"] == "Bruno"
    status, _, body = asked(f"{pets}/pets", "POST", '{"name": "Dotty"}')
    assert (status, json.loads(body)["name"]) == (201, "Dotty")


def test_the_validator_refuses_what_is_no_pet(pets: str) -> None:
    assert asked(f"{pets}/pets", "POST", '{"name": 7}')[0] == 400
    assert asked(f"{pets}/pets", "POST", '{"kind": "cat"}')[0] == 400


def test_the_authorizer_lets_keepers_in(pets: str) -> None:
    statuses = [
        asked(f"{pets}/pets/3", "DELETE", Authorization=token)[0]
        for token in ("keeper-ada", "keeper-eve", "nobody")
    ]
    assert statuses == [200, 403, 401]


def test_orders_want_a_key_and_are_translated(pets: str) -> None:
    key, order = "partner-key-for-development", '{"pet": 2, "for": "O\'Neil"}'
    assert asked(f"{pets}/orders", "POST", order)[0] == 403
    status, _, body = asked(f"{pets}/orders", "POST", order, x_api_key=key)
    assert (status, json.loads(body)["pet"]) == (201, "Bruno")
    assert asked(f"{pets}/orders", "POST", '{"pet": 9, "for": "x"}', x_api_key=key)[0] == 404


def deployed(node: Gatewright, example: str) -> str:
    assert run(["deploy", str(EXAMPLES / example), "--endpoint", node.url]) == 0
    return node.stage_url(example, "dev", "")


def test_a_proxy_to_a_function_sees_the_whole_request(node: Gatewright) -> None:
    url = deployed(node, "proxy-to-function")
    greeting = asked(f"{url}/Seattle?time=morning", "POST", '{"callerName": "John"}', day="Friday")[2]
    assert json.loads(greeting) == {"message": "Good morning, John of Seattle. Happy Friday!"}
    assert json.loads(asked(f"{url}/")[2]) == {"message": "Good day, you of World."}


def test_every_answer_of_cors_can_be_read_by_the_page(node: Gatewright) -> None:
    url = deployed(node, "cors")
    for method, status in (("OPTIONS", 204), ("GET", 200), ("PUT", 403)):
        assert asked(f"{url}/pets", method)[:2] == (status, "https://shop.example")


def test_the_doctor_finds_nothing(node: Gatewright, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--endpoint", node.url]) == 0, capsys.readouterr().out
