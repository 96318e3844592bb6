"""What Apache Velocity 1.7 made of templates, recorded with null and invalid references as empty strings."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.vtl.support import CASES, recorded, variables_of

from gatewright.vtl import RenderError, TemplateSyntaxError, compile_template

ERRORS: dict[str, type[Exception]] = {"parse": TemplateSyntaxError, "render": RenderError}


@pytest.mark.parametrize("path", sorted(CASES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_templates_render_as_velocity_renders_them(path: Path) -> None:
    wrong = [problem for case in recorded(path.stem) if (problem := _problem(case))]
    assert not wrong, "\n".join(wrong)


def _problem(case: dict[str, str]) -> str | None:
    try:
        output = compile_template(case["template"]).render(variables_of(case))
    except (TemplateSyntaxError, RenderError) as error:
        if "error" in case and type(error) is ERRORS[case["error"]]:
            return None
        return f"{case['template']!r}: {error!r}, expected {case}"
    return None if output == case.get("output") else f"{case['template']!r}: {output!r}, expected {case}"
