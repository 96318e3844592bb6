"""The Velocity template language, as Apache Velocity 1.7 reads it, compiled to Python.

    template = compile_template('{"id": "$input.id"}')
    template.render({"input": {"id": 7}})

Every reference that is missing or null is the empty string, in output and in expressions, as Amazon API
Gateway has it. Templates reach their values and the methods on the lists in `methods`, nothing else; `Limits`
bound what they take.
"""

from gatewright.vtl.errors import LimitExceeded, MethodFailed, RenderError, TemplateSyntaxError
from gatewright.vtl.limits import DEFAULT_LIMITS, Limits
from gatewright.vtl.template import Template, compile_template
from gatewright.vtl.text import to_text
from gatewright.vtl.tracing import Step
from gatewright.vtl.values import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    SCALAR,
    STRING,
    HostObject,
    JavaArray,
    JavaChar,
    JavaClass,
    JavaCollection,
    JavaList,
    JavaSet,
    MapEntry,
    MapValue,
    Method,
)

__all__ = [
    "ANY",
    "BOOLEAN",
    "DEFAULT_LIMITS",
    "INTEGER",
    "NUMBER",
    "SCALAR",
    "STRING",
    "HostObject",
    "JavaArray",
    "JavaChar",
    "JavaClass",
    "JavaCollection",
    "JavaList",
    "JavaSet",
    "LimitExceeded",
    "Limits",
    "MapEntry",
    "MapValue",
    "Method",
    "MethodFailed",
    "RenderError",
    "Step",
    "Template",
    "TemplateSyntaxError",
    "compile_template",
    "to_text",
]
