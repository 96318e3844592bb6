"""Node.js handlers in each style, and their errors."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")

RUNTIME = "nodejs20.x"


def deploy(functions: Lambda, source: str, file: str = "index.js", handler: str = "index.handler") -> None:
    functions.deploy("f", {file: source}, runtime=RUNTIME, handler=handler)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "exports.handler = async (event) => ({ got: event, umlaut: 'ä' });"),
        (
            "index.js",
            "exports.handler = (event, context, callback) => callback(null, { got: event, umlaut: 'ä' });",
        ),
        ("index.js", "exports.handler = (event, context) => context.succeed({ got: event, umlaut: 'ä' });"),
        (
            "index.js",
            "exports.handler = (event, context, callback) => {"
            " setTimeout(() => callback(null, { got: event, umlaut: 'ä' }), 5); };",
        ),
        ("index.mjs", "export const handler = async (event) => ({ got: event, umlaut: 'ä' });"),
        ("index.cjs", "exports.handler = async (event) => ({ got: event, umlaut: 'ä' });"),
    ],
)
def test_each_style_of_handler(functions: Lambda, file: str, source: str) -> None:
    deploy(functions, source, file)
    for _ in range(2):
        outcome = functions.invoke("f", {"a": [1, None, "ü"]})
        assert outcome.payload.decode() == '{"got":{"a":[1,null,"ü"]},"umlaut":"ä"}'


def test_a_package_of_type_module(functions: Lambda) -> None:
    files = {
        "package.json": '{"type": "module"}',
        "src/index.js": "import { name } from './other.js'; export const handler = async () => name;",
        "src/other.js": "export const name = 'other';",
    }
    functions.deploy("f", files, runtime=RUNTIME, handler="src/index.handler")
    assert functions.call("f") == "other"


def test_a_handler_that_answers_nothing_answers_null(functions: Lambda) -> None:
    deploy(functions, "exports.handler = () => { setTimeout(() => {}, 5); };")
    assert [functions.call("f") for _ in range(2)] == [None, None]


def test_a_callback_waits_for_the_event_loop_unless_told_not_to(functions: Lambda) -> None:
    source = (
        "exports.handler = (event, context, callback) => {"
        " const result = { late: false }; setTimeout(() => { result.late = true; }, 30);"
        " context.callbackWaitsForEmptyEventLoop = event; callback(null, result); };"
    )
    deploy(functions, source)
    assert functions.call("f", True) == {"late": True}
    assert functions.call("f", False) == {"late": False}


def test_the_context(functions: Lambda) -> None:
    source = (
        "exports.handler = async (event, c) => [c.awsRequestId, c.invokedFunctionArn, c.functionName,"
        " c.functionVersion, c.memoryLimitInMB, c.logGroupName, c.getRemainingTimeInMillis()];"
    )
    deploy(functions, source)
    outcome = functions.invoke("f")
    *members, remaining = json.loads(outcome.payload)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    assert members == [outcome.request_id, arn, "f", "$LATEST", "128", "/aws/lambda/f"]
    assert 0 < remaining <= 3000


def test_large_events_and_results(functions: Lambda) -> None:
    deploy(functions, "exports.handler = async (event) => event + event;")
    assert functions.call("f", "ä" * 500_000) == "ä" * 1_000_000


def test_console_lines_are_lambdas(functions: Lambda) -> None:
    deploy(functions, "exports.handler = async () => { console.log('one %d', 1); console.error('two'); };")
    outcome = functions.invoke("f", log_tail=True)
    assert outcome.log_tail is not None
    lines = outcome.log_tail.decode().splitlines()
    assert lines[1].endswith(f"Z\t{outcome.request_id}\tINFO\tone 1")
    assert lines[2].endswith(f"Z\t{outcome.request_id}\tERROR\ttwo")


def test_an_exception_carries_the_functions_own_frames(functions: Lambda) -> None:
    deploy(functions, "exports.handler = async (event) => { throw new TypeError('boom'); };")
    for _ in range(2):
        error = functions.fail("f")
        assert (error["errorType"], error["errorMessage"]) == ("TypeError", "boom")
        assert error["trace"] == ["TypeError: boom", "    at exports.handler (/var/task/index.js:1:44)"]


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = (e, c, callback) => callback('text');", "string", "text"),
        ("exports.handler = (e, c, callback) => callback(new RangeError('no'));", "RangeError", "no"),
        ("exports.handler = (e, c) => c.fail(new RangeError('no'));", "RangeError", "no"),
        ("exports.handler = () => { throw new Error('sync'); };", "Error", "sync"),
        ("exports.handler = async () => { const a = {}; a.a = a; return a; };", "TypeError", "circular"),
        (
            "exports.handler = () => { setTimeout(() => { throw new Error('later'); }, 5); };",
            "Error",
            "later",
        ),
        (
            "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); });",
            "Runtime.UnhandledPromiseRejection",
            "Error: lost",
        ),
        ("exports.handler = () => new Promise(() => {});", "Runtime.NodeJsExit", "exited"),
        ("exports.handler = async () => { process.exit(2); };", "Runtime.ExitError", "exit status 2"),
    ],
)
def test_failures(functions: Lambda, source: str, kind: str, message: str) -> None:
    deploy(functions, source)
    for _ in range(2):
        error = functions.fail("f")
        assert error["errorType"] == kind
        assert message in error["errorMessage"]


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "require('nowhere');",
            "index.handler",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nowhere'",
        ),
        ("", "other.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'other'"),
        ("", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        (
            "exports.handler = 1;",
            "index.handler",
            "Runtime.HandlerNotFound",
            "index.handler is not a function",
        ),
        ("", "index", "Runtime.MalformedHandlerName", "Bad handler"),
        ("", "../index.handler", "Runtime.MalformedHandlerName", "is not a valid handler name"),
        (
            "exports.handler = (",
            "index.handler",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected end of input",
        ),
        ("throw new Error('at import');", "index.handler", "Error", "at import"),
    ],
)
def test_a_function_that_does_not_load(
    functions: Lambda, source: str, handler: str, kind: str, message: str
) -> None:
    deploy(functions, source, handler=handler)
    error = functions.fail("f")
    assert error["errorType"] == kind
    assert message in error["errorMessage"]
