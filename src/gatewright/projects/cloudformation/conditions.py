"""The Conditions of a template: each by its name, worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault

MOST_OPERANDS = 10

Resolve = Callable[[Any, faults.Path], Any]


class Conditions:
    """What holds and what does not. `resolve` works out the operands of Fn::Equals."""

    def __init__(self, declared: Any, resolve: Callable[[Conditions], Resolve]) -> None:
        if not isinstance(declared, dict):
            raise TemplateFault("Conditions must be a map", ("Conditions",))
        self._declared = declared
        self._resolve = resolve(self)
        self._known: dict[str, bool] = {}
        self._open: list[str] = []  # those being worked out, in which none may be asked for again

    def holds(self, name: str, path: faults.Path) -> bool:
        """Raises TemplateFault for a condition that is not declared, or depends on itself."""
        if name not in self._declared:
            raise TemplateFault(f"there is no condition {name}", path)
        if name in self._open:
            raise TemplateFault(f"the conditions {' -> '.join((*self._open, name))} are a circle", path)
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self._evaluate(self._declared[name], ("Conditions", name))
            self._open.pop()
        return self._known[name]

    def _evaluate(self, expression: Any, path: faults.Path) -> bool:
        if not isinstance(expression, dict) or len(expression) != 1:
            raise TemplateFault("a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition", path)
        name, argument = next(iter(expression.items()))
        match name:
            case "Condition" if isinstance(argument, str):
                return self.holds(argument, path)
            case "Fn::Equals" if isinstance(argument, list) and len(argument) == 2:
                left, right = (self._resolve(operand, (*path, name)) for operand in argument)
                return bool(_comparable(left) == _comparable(right))
            case "Fn::Not" if isinstance(argument, list) and len(argument) == 1:
                return not self._evaluate(argument[0], (*path, name, 0))
            case "Fn::And" | "Fn::Or" if isinstance(argument, list) and 2 <= len(argument) <= MOST_OPERANDS:
                operands = [self._evaluate(each, (*path, name, at)) for at, each in enumerate(argument)]
                return all(operands) if name == "Fn::And" else any(operands)
        raise TemplateFault(f"{name} is no function of conditions, or has the wrong number of operands", path)


def _comparable(value: Any) -> Any:
    """Numbers and booleans are compared as the texts that parameters are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
