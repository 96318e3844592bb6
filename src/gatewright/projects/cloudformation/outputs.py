"""The Outputs of a template."""

from __future__ import annotations

from typing import Any

from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.resolver import Names, Resolver


def resolved_outputs(outputs: Any, names: Names, resolver: Resolver) -> dict[str, Any]:
    """Each output's value, of those whose condition holds. Raises TemplateFault."""
    if not isinstance(outputs, dict):
        raise TemplateFault("Outputs must be a map", ("Outputs",))
    values = {}
    for name, entry in outputs.items():
        path = ("Outputs", name)
        if not isinstance(entry, dict) or "Value" not in entry:
            raise TemplateFault(f"the output {name} needs a Value", path)
        condition = entry.get("Condition")
        if condition is None or names.conditions.holds(str(condition), (*path, "Condition")):
            values[name] = resolver.resolve(entry["Value"], (*path, "Value"))
    return values
