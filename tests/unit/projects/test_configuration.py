"""The `[project]` tables: what they may say, and how a mistake in them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.cli.option_sources import load
from gatewright.projects.api import CannotDeploy
from gatewright.projects.configuration import label, read_configuration
from gatewright.projects.opening import is_project

WHOLE = """\
region = "eu-west-1"

[project]
openapi = "api/openapi.yaml"
name = "pets"
stage = "v1"
stage_variables = { colour = "blue" }
environment = { TABLE = "pets" }
hints = ["curl {url}/pets"]

[project.functions.create-pet]
directory = "functions/create_pet"
handler = "handler.handler"

[project.usage_plans.basic]
throttle = { rate = 10, burst = 20 }
quota = { limit = 1000, period = "DAY" }
keys = { shop = "shop-key-of-many-characters" }
"""


def _written(directory: Path, text: str) -> Path:
    file = directory / "gatewright.toml"
    file.write_text(text)
    return file


def _refusal(directory: Path, text: str) -> str:
    file = _written(directory, text)
    with pytest.raises(CannotDeploy) as refused:
        read_configuration(file)
    assert str(refused.value).startswith(str(file))
    return str(refused.value).removeprefix(str(file))


def test_the_whole_of_it(tmp_path: Path) -> None:
    configuration = read_configuration(_written(tmp_path, WHOLE))
    project = configuration.project
    assert (configuration.api, project.stage, project.openapi) == ("pets", "v1", Path("api/openapi.yaml"))
    assert project.functions["create-pet"].runtime == "python3.12"
    assert project.usage_plans["basic"].keys == {"shop": "shop-key-of-many-characters"}


def test_settings_of_the_command_stand_beside_it(tmp_path: Path) -> None:
    assert load({}, _written(tmp_path, WHOLE)).region == "eu-west-1"


def test_a_stage_may_be_given_from_outside(tmp_path: Path) -> None:
    assert read_configuration(_written(tmp_path, WHOLE), "prod").project.stage == "prod"


def test_the_api_is_named_after_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "My shop"
    directory.mkdir()
    file = _written(directory, '[project]\nopenapi = "a.yaml"\n')
    assert read_configuration(file).api == "My-shop"
    assert label("…") == "api"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('stage = "v1"', 'stages = "v1"'), ":6: there is no key project.stages; there are openapi, name, "),
        (('openapi = "api/openapi.yaml"', ""), ":3: project.openapi is missing"),
        (('"api/openapi.yaml"', '"../a.yaml"'), ":4: project.openapi: must lie in the project's directory"),
        (('"functions/create_pet"', '"/etc"'), ":12: project.functions.create-pet.directory: must lie in"),
        (("handler =", "handle ="), ":13: there is no key project.functions.create-pet.handle; there "),
        (("create-pet]", '"create pet"]'), ":11: project.functions.create pet: String should match"),
        (('"DAY"', '"YEAR"'), ":17: project.usage_plans.basic.quota.period: Input should be 'DAY', 'WEEK'"),
        (("burst = 20", "bursts = 20"), ":16: there is no key project.usage_plans.basic.throttle.bursts"),
        (('"blue"', '"blu€"'), ":7: project.stage_variables.colour: String should match pattern"),
        (("burst = 20 }", "burst = 20"), ":16: it is no valid TOML: "),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert _refusal(tmp_path, WHOLE.replace(*change)).startswith(told)


def test_every_mistake_is_told(tmp_path: Path) -> None:
    refusal = _refusal(tmp_path, WHOLE.replace("handler =", "handle =").replace('"DAY"', '"YEAR"'))
    lines = [line.rpartition("gatewright.toml")[2].split()[0] for line in refusal.splitlines()]
    assert lines == [":13:", ":11:", ":17:"]


def test_what_is_no_project(tmp_path: Path) -> None:
    assert _refusal(tmp_path, "workers = 1").startswith(": it has no [project] table")
    assert not is_project(tmp_path)
    with pytest.raises(CannotDeploy, match="cannot be read: No such file"):
        read_configuration(tmp_path / "elsewhere" / "gatewright.toml")


def test_a_broken_file_is_a_project_whose_reason_is_told(tmp_path: Path) -> None:
    file = _written(tmp_path, "")
    file.write_bytes(b"\xff")
    assert is_project(tmp_path)
    with pytest.raises(CannotDeploy, match="it is no UTF-8 text"):
        read_configuration(file)
