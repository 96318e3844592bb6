"""The `python` SDK: a package with a client class, typed, that needs nothing but the standard library."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from gatewright.openapi.sdk.interface import Interface, Operation, Parameter
from gatewright.openapi.sdk.names import Names, operation_words, quoted, snake, words
from gatewright.openapi.sdk.package import Settings, runtime_file
from gatewright.openapi.sdk.python_types import PYTHON, models_module
from gatewright.openapi.sdk.types import Types

_ARGUMENTS = ("self", "body", "headers", "method", *keyword.kwlist)


def python_package(interface: Interface, settings: Settings) -> dict[str, str]:
    """The package's files by name."""
    module = _module_name(settings.name)
    types = Types(interface.schemas, PYTHON)
    names = Names((*keyword.kwlist, "models"))
    methods = [_Method(operation, types, names) for operation in interface.operations]
    return {
        "pyproject.toml": _pyproject(interface, settings, module),
        "README.md": _readme(interface, settings, module, methods),
        f"{module}/__init__.py": _INIT.format(about=_docstring(f"A client of {_line(interface.title)}.")),
        f"{module}/client.py": _client(interface, settings, methods),
        f"{module}/models.py": models_module(types),
        f"{module}/caller.py": runtime_file("caller.py"),
        f"{module}/py.typed": "",
    }


_INIT = """{about}

from .caller import ApiError, Auth, Request, Response, bearer, sigv4
from .client import Client

__all__ = ["ApiError", "Auth", "Client", "Request", "Response", "bearer", "sigv4"]
"""

_HEAD = '''"""One method for each operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import models
from .caller import Auth, Caller, Response, Value, Values


class Client(Caller):
    {about}
'''

_START = '''
    def __init__(
        self,
        base_url: str{default},
        *,
        api_key: str | None = None,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        """`base_url` is the URL of a stage; `auth` signs each request, as `bearer` and `sigv4` do."""
        super().__init__(base_url, api_key=api_key, auth=auth, headers=headers, timeout=timeout)
'''


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    parameter: Parameter

    @property
    def declared(self) -> str:
        kind = "Values" if self.parameter.place == "query" else "Value"
        return f"{self.name}: {kind}" if self.parameter.required else f"{self.name}: {kind} | None = None"

    @property
    def entry(self) -> str:
        return f"{quoted(self.parameter.name)}: {self.name}"


class _Method:
    """One operation as a method of the client."""

    def __init__(self, operation: Operation, types: Types, names: Names) -> None:
        self.operation = operation
        self.name = names.take(
            snake(operation_words(operation.name, operation.verb, operation.path)), "call_"
        )
        arguments = Names(_ARGUMENTS)
        self.arguments = [
            _Argument(arguments.take(snake(words(parameter.name)), f"{parameter.place}_"), parameter)
            for parameter in operation.parameters
        ]
        self._types = types

    def text(self) -> str:
        result = self._types.told(self.operation.result, "models.")
        lines = [
            f"    def {self.name}(",
            "        self,",
            "        *,",
            *(f"        {argument}," for argument in self._declared()),
            f"    ) -> Response[{result}]:",
            f"        {_docstring(self._about(), indent=8)}",
            "        return self._call(",
            *(f"            {argument}," for argument in self._passed()),
            "        )",
        ]
        return "\n".join(lines) + "\n"

    def _declared(self) -> Iterator[str]:
        body = self.operation.body
        yield from (argument.declared for argument in self.arguments if argument.parameter.required)
        if self.operation.verb == "ANY":
            yield "method: str"
        if body is not None and body.required:
            yield f"body: {self._types.told(body.schema, 'models.')}"
        yield from (argument.declared for argument in self.arguments if not argument.parameter.required)
        if body is not None and not body.required:
            yield "body: Any = None"
        yield "headers: Mapping[str, str] | None = None"

    def _passed(self) -> Iterator[str]:
        verb, body = self.operation.verb, self.operation.body
        yield "method" if verb == "ANY" else quoted(verb)
        yield quoted(self.operation.path)
        yield f"in_path={self._map('path')}"
        yield f"query={self._map('query')}"
        yield f"headers={self._map('header', '**(headers or {})')}"
        if body is not None:
            yield "body=body"
            yield f"content_type={quoted(body.content_type)}"

    def _map(self, place: str, *more: str) -> str:
        entries = [argument.entry for argument in self.arguments if argument.parameter.place == place]
        return "{" + ", ".join((*entries, *more)) + "}"

    def _about(self) -> str:
        call = f"{self.operation.verb} {self.operation.path}"
        return f"{call}\n\n{self.operation.about}" if self.operation.about else call


def _client(interface: Interface, settings: Settings, methods: list[_Method]) -> str:
    about = _docstring(interface.about or f"The operations of {_line(interface.title)}.", indent=4)
    default = f" = {quoted(settings.base_url)}" if settings.base_url else ""
    start = _START.format(default=default)
    return _HEAD.format(about=about) + start + "".join(f"\n{method.text()}" for method in methods)


def _pyproject(interface: Interface, settings: Settings, module: str) -> str:
    description = quoted(f"A client of {_line(interface.title)}")
    return f"""[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "{settings.name}"
version = "{settings.version}"
description = {description}
requires-python = ">=3.11"

[tool.setuptools]
packages = ["{module}"]

[tool.setuptools.package-data]
{module} = ["py.typed"]
"""


def _readme(interface: Interface, settings: Settings, module: str, methods: list[_Method]) -> str:
    url = "" if settings.base_url else '"https://…/stage"'
    listed = "\n".join(f"- `{method.name}`: {_line(method.operation.path)}" for method in methods)
    return f"""# {_line(interface.title)}

    pip install .

```python
from {module} import Client, bearer, sigv4

client = Client({url})                       # api_key="…" where the API asks for one
answer = client.{methods[0].name}(…)
print(answer.status, answer.data)
```

`auth=bearer("token")` or `auth=sigv4("key", "secret", "region")` sign each request; any function that
changes a `Request` will do. A status that is no success raises `ApiError`.

{listed}
"""


def _module_name(name: str) -> str:
    module = name.replace("-", "_")
    taken = keyword.iskeyword(module) or module in sys.stdlib_module_names
    return f"{module}_api" if taken else module


def _line(text: str) -> str:
    """On one line, without what a file of another kind would take for a sign of its own."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _docstring(text: str, indent: int = 0) -> str:
    """A docstring that ends where its text does."""
    escaped = text.strip().replace("\\", "\\\\").replace('"', '\\"')
    lines = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in escaped).split("\n")
    padded = ("\n" + " " * indent).join(lines)
    padded = "\n".join(line.rstrip() for line in padded.split("\n"))
    return f'"""{padded}"""'
