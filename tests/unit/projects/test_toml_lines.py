"""Lines of a TOML text, for complaints about its values."""

from __future__ import annotations

import pytest

from gatewright.projects.toml_lines import line_of

TEXT = """\
region = "eu-west-1"

[project] # the project
openapi = "openapi.yaml"
stage_variables.colour = "blue"

[project.functions."create-pet"]
directory = "functions"
environment = { TABLE = "pets" }

[project.usage_plans.basic.throttle]
rate = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("region", 1),
        ("project", 3),
        ("project openapi", 4),
        ("project stage_variables colour", 5),
        ("project stage_variables", 5),
        ("project functions create-pet", 7),
        ("project functions create-pet directory", 8),
        ("project functions create-pet environment TABLE", 9),
        ("project functions create-pet handler", 7),
        ("project usage_plans basic throttle rate", 12),
        ("project usage_plans basic", 11),
        ("project colour", 3),
        ("nothing", None),
    ],
)
def test_the_line_of_a_key_or_of_what_is_around_it(path: str, line: int | None) -> None:
    assert line_of(TEXT, tuple(path.split())) == line


def test_lines_of_texts_that_look_like_keys_do_no_harm() -> None:
    text = 'note = """\n[not = a key\na..b = 1\n"""\nlast = 1\n'
    assert line_of(text, ("last",)) == 5
