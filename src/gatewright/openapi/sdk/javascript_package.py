"""The `javascript` and `typescript` SDK: an ES module that uses fetch, with its type declarations."""

from __future__ import annotations

import json
from typing import Any

from gatewright.openapi.sdk.interface import Interface, Operation, Parameter
from gatewright.openapi.sdk.javascript_types import TYPESCRIPT, models_declarations
from gatewright.openapi.sdk.names import Names, camel, operation_words
from gatewright.openapi.sdk.package import Settings, runtime_file
from gatewright.openapi.sdk.types import Types

_RESERVED = ("constructor", "then")  # a client that has `then` would be taken for a promise


def javascript_package(interface: Interface, settings: Settings) -> dict[str, str]:
    """The package's files by name."""
    types, names = Types(interface.schemas, TYPESCRIPT), Names(_RESERVED)
    methods = [_Method(operation, types, names) for operation in interface.operations]
    return {
        "package.json": _package(interface, settings),
        "README.md": _readme(interface, settings, methods),
        "index.js": _implementation(interface, settings, methods),
        "index.d.ts": _declarations(interface, settings, methods),
        "models.d.ts": models_declarations(types),
        "caller.js": runtime_file("caller.js"),
        "caller.d.ts": runtime_file("caller.d.ts"),
    }


class _Method:
    """One operation as a method of the client; parameters go by their own names."""

    def __init__(self, operation: Operation, types: Types, names: Names) -> None:
        self.operation = operation
        self.name = names.take(camel(operation_words(operation.name, operation.verb, operation.path)), "call")
        taken = Names(())
        self._keys = [(_key(parameter, taken), parameter) for parameter in operation.parameters]
        self._types = types

    def implementation(self) -> str:
        return (
            f"{_comment(self._about(), indent=2)}\n"
            f"  {self.name}(params = {{}}, body = undefined, options = {{}}) {{\n"
            f"    return this._call({json.dumps(self._description())}, params, body, options);\n"
            "  }\n"
        )

    def declaration(self) -> str:
        members = ", ".join(
            f"{json.dumps(key)}{'' if parameter.required else '?'}: {_value_type(parameter)}"
            for key, parameter in self._keys
        )
        body, any_method = self.operation.body, self.operation.verb == "ANY"
        asked = any(parameter.required for _, parameter in self._keys)
        needed = asked or any_method or (body is not None and body.required)
        result = self._types.told(self.operation.result, "models.")
        arguments = (
            f"params{'' if needed else '?'}: {{ {members} }}",
            self._body_argument(),
            "options: Options & { method: string }" if any_method else "options?: Options",
        )
        call = f"  {self.name}({', '.join(arguments)}): Promise<Answer<{result}>>;\n"
        return f"{_comment(self._about(), indent=2)}\n{call}"

    def _body_argument(self) -> str:
        """Optional where it may be, which it cannot be before an argument that is not."""
        body = self.operation.body
        told = "undefined" if body is None else self._types.told(body.schema, "models.")
        if body is not None and body.required:
            return f"body: {told}"
        return f"body: {told} | undefined" if self.operation.verb == "ANY" else f"body?: {told}"

    def _description(self) -> dict[str, Any]:
        """What `Caller` needs to know of the operation."""
        operation = self.operation
        described: dict[str, Any] = {} if operation.verb == "ANY" else {"method": operation.verb}
        return described | {
            "path": operation.path,
            "inPath": {parameter.name: key for key, parameter in self._at("path")},
            "query": {key: parameter.name for key, parameter in self._at("query")},
            "headers": {key: parameter.name for key, parameter in self._at("header")},
            "contentType": operation.body.content_type if operation.body else "application/json",
        }

    def _at(self, place: str) -> list[tuple[str, Parameter]]:
        return [(key, parameter) for key, parameter in self._keys if parameter.place == place]

    def _about(self) -> str:
        call = f"{self.operation.verb} {self.operation.path}"
        return f"{call}\n\n{self.operation.about}" if self.operation.about else call


def _key(parameter: Parameter, taken: Names) -> str:
    """The member of `params` that holds a parameter; a greedy one's without its plus sign."""
    return taken.take(parameter.name.removesuffix("+"), f"{parameter.place}_")


def _value_type(parameter: Parameter) -> str:
    return "Value | Value[]" if parameter.place == "query" else "Value"


def _implementation(interface: Interface, settings: Settings, methods: list[_Method]) -> str:
    default = f" = {json.dumps(settings.base_url)}" if settings.base_url else ""
    return (
        'import { Caller } from "./caller.js";\n\n'
        'export { ApiError, bearer, sigv4 } from "./caller.js";\n\n'
        f"{_comment(interface.about or f'The operations of {interface.title}.')}\n"
        "export class Client extends Caller {\n"
        f"  constructor(baseUrl{default}, settings = {{}}) {{\n"
        "    super(baseUrl, settings);\n"
        "  }\n" + "".join(f"\n{method.implementation()}" for method in methods) + "}\n"
    )


def _declarations(interface: Interface, settings: Settings, methods: list[_Method]) -> str:
    optional = "?" if settings.base_url else ""
    return (
        'import type { Answer, Options, Settings, Value } from "./caller.js";\n'
        'import type * as models from "./models.js";\n\n'
        'export * from "./caller.js";\n'
        'export type * as models from "./models.js";\n\n'
        f"{_comment(interface.about or f'The operations of {interface.title}.')}\n"
        "export declare class Client {\n"
        f"  constructor(baseUrl{optional}: string, settings?: Settings);\n"
        + "".join(f"\n{method.declaration()}" for method in methods)
        + "}\n"
    )


def _package(interface: Interface, settings: Settings) -> str:
    package = {
        "name": settings.name,
        "version": settings.version,
        "description": f"A client of {interface.title}",
        "type": "module",
        "main": "./index.js",
        "types": "./index.d.ts",
        "exports": {".": {"types": "./index.d.ts", "default": "./index.js"}},
        "engines": {"node": ">=18"},
    }
    return json.dumps(package, indent=2) + "\n"


def _readme(interface: Interface, settings: Settings, methods: list[_Method]) -> str:
    url = "" if settings.base_url else '"https://…/stage"'
    listed = "\n".join(f"- `{method.name}`: {_line(method.operation.path)}" for method in methods)
    return f"""# {_line(interface.title)}

    npm install ./this-directory

```js
import {{ Client, bearer, sigv4 }} from "{settings.name}";

const client = new Client({url}); // settings as the second argument: {{ apiKey: "…" }}
const {{ status, data }} = await client.{methods[0].name}({{ …parameters }}, body);
```

`auth: bearer("token")` or `auth: sigv4({{ accessKey, secretKey, region }})` sign each request; any function
that changes a request will do. A status that is no success rejects with `ApiError`.

{listed}
"""


def _line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _comment(text: str, indent: int = 0) -> str:
    """A block comment that ends where its text does."""
    safe = text.strip().replace("*/", "*\\/")
    lines = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in safe).split("\n")
    padding = " " * indent
    body = "".join(f"\n{padding} * {line}".rstrip() for line in lines)
    return f"{padding}/**{body}\n{padding} */"
