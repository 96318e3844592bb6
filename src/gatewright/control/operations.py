"""Which operations there are and which are done: functions found by name in the services' packages."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from functools import cache
from inspect import isfunction
from types import ModuleType

from gatewright.aws.errors import AwsError
from gatewright.control import lambda_api, rest
from gatewright.control.operation import Effect, Operation, Preparation
from gatewright.control.protocol.service import Service, python_name, services

_PACKAGES = {"apigateway": rest, "lambda": lambda_api}


class NotImplementedYet(AwsError):
    """The operation is AWS's, but Gatewright does not do it yet."""

    code, status = "NotImplementedException", 501


def list_operations() -> list[tuple[str, str, bool]]:
    """Every operation as (service, name, whether it is done)."""
    return [
        (service.name, operation.name, python_name(operation.name) in operations_of(service.name))
        for service in services().values()
        for operation in service.operations
    ]


def find_operation(service: Service, name: str) -> Operation | Effect:
    """The function that does the operation `name`, as the model spells it. Raises NotImplementedYet."""
    found = operations_of(service.name).get(python_name(name))
    if found is None:
        raise NotImplementedYet(
            f"{service.model.metadata['serviceFullName']} operation {name} is not implemented by Gatewright "
            "yet; `gatewright operations` lists those that are"
        )
    return found


def preparation_of(operation: Operation) -> Preparation | None:
    """What is to be done before its transaction begins, if anything."""
    found: Preparation | None = getattr(
        sys.modules[operation.__module__], f"prepare_{operation.__name__}", None
    )
    return found


@cache
def operations_of(service: str) -> dict[str, Operation | Effect]:
    """The functions that are done, by their snake_case names."""
    wanted = {python_name(operation.name) for operation in services()[service].operations}
    return {
        name: function
        for module in _modules(_PACKAGES[service])
        for name, function in vars(module).items()
        if name in wanted and isfunction(function) and function.__module__ == module.__name__
    }


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)
