"""For your own tests: what a mapping template comes to, by the gateway's own code.

from gatewright.testing import render

def test_the_order_is_renamed():
    rendered = render(Path("order.vtl").read_text(), {"body": '{"id": 7}'})
    assert json.loads(rendered.output) == {"orderId": 7}
    assert not rendered.missing
"""

from __future__ import annotations

from gatewright.gateway.render import Event, Rendered, render
from gatewright.vtl import RenderError, Step, TemplateSyntaxError

__all__ = ["Event", "RenderError", "Rendered", "Step", "TemplateSyntaxError", "render"]
