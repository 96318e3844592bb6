"""Every line of mapping_templates.jsonl: a template and a payload in, the exact output or the kind of error.

`truth` says where the output comes from. Errors: `parse` refuses the deployment, `render` fails the request.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.testing import RenderError, TemplateSyntaxError, render

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "mapping_templates.jsonl").read_text().splitlines()
]
EVENT = {
    "pathParameters": {"id": "7"},
    "queryStringParameters": {"q": "a b", "id": "8"},
    "headers": {"X-H": "hv"},
    "requestContext": {"stage": "dev"},
    "stageVariables": {"url": "example.com", "my_var": "mv"},
}
ERRORS = {"parse": TemplateSyntaxError, "render": RenderError}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    event = EVENT | {"body": case.get("body", "")}
    if "error" in case:
        with pytest.raises(ERRORS[case["error"]]):
            render(case["template"], event)
    else:
        assert render(case["template"], event).output == case["output"]
