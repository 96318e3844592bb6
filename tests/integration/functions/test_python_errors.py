"""How a failing Python function looks to its caller: Lambda's error documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda


def test_an_exception_carries_the_functions_own_frames(functions: Lambda) -> None:
    source = "import lib\ndef handler(event, context):\n    return lib.work(event)\n"
    library = "def work(event):\n    raise KeyError('färbe')\n"
    functions.deploy("f", {"app.py": source, "lib.py": library})
    outcome = functions.invoke("f")
    assert outcome.function_error == "Unhandled"
    assert outcome.payload.decode() == (
        '{"errorMessage": "\'färbe\'", "errorType": "KeyError", "requestId": "' + outcome.request_id + '", '
        '"stackTrace": ["  File \\"/var/task/app.py\\", line 3, in handler\\n    return lib.work(event)\\n", '
        '"  File \\"/var/task/lib.py\\", line 2, in work\\n    raise KeyError(\'färbe\')\\n"]}'
    )


def test_the_instance_survives_an_exception(functions: Lambda) -> None:
    source = "import os\ndef handler(event, context):\n    return os.getpid() if event else 1 / 0\n"
    functions.deploy("f", {"app.py": source})
    pid = functions.call("f", True)
    assert functions.fail("f", False)["errorType"] == "ZeroDivisionError"
    assert functions.call("f", True) == pid


def test_the_error_is_in_the_log(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "def handler(e, c):\n    raise ValueError('boom')\n"})
    tail = functions.invoke("f", log_tail=True).log_tail
    assert tail is not None
    assert (
        b"[ERROR] ValueError: boom\nTraceback (most recent call last):\n"
        b'  File "/var/task/app.py", line 2, in handler\n' in tail
    )


def test_a_result_that_is_not_json(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "def handler(e, c):\n    return {1, 2}\n"})
    error = functions.fail("f")
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"
    assert error["stackTrace"] == []


@pytest.mark.parametrize(
    ("files", "handler", "kind", "message"),
    [
        (
            {"app.py": "import nowhere"},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
        ),
        (
            {"other.py": ""},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'app'",
        ),
        (
            {"app.py": "x = 1"},
            "app.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
        ),
        (
            {"app.py": ""},
            "app",
            "Runtime.MalformedHandlerName",
            "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
        ),
        (
            {"app.py": ""},
            "sys.exit",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        (
            {"app.py": "def handler(:\n"},
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        ({"app.py": "raise RuntimeError('at import')"}, "app.handler", "RuntimeError", "at import"),
    ],
)
def test_a_function_that_does_not_load(
    functions: Lambda, files: dict[str, str], handler: str, kind: str, message: str
) -> None:
    functions.deploy("f", files, handler=handler)
    error = functions.fail("f")
    assert (error["errorType"], error["errorMessage"], error["requestId"]) == (kind, message, "")


def test_frames_of_a_module_that_fails_at_import_are_the_functions(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "def f():\n    raise RuntimeError('x')\nf()\n"})
    assert functions.fail("f")["stackTrace"] == [
        '  File "/var/task/app.py", line 3, in <module>\n    f()\n',
        "  File \"/var/task/app.py\", line 2, in f\n    raise RuntimeError('x')\n",
    ]


def test_the_line_of_a_syntax_error_is_shown(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "x = 1\ndef handler(:\n"})
    [line] = functions.fail("f")["stackTrace"]
    assert line.startswith('  File "/var/task/app.py" Line 2\n    def handler(:')


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
@pytest.mark.parametrize("phase", ["init", "invocation"])
def test_a_process_that_ends(functions: Lambda, ending: str, reason: str, phase: str) -> None:
    at_import, in_handler = (ending, "pass") if phase == "init" else ("pass", ending)
    source = f"import os, sys\n{at_import}\ndef handler(event, context):\n    {in_handler}\n"
    functions.deploy("f", {"app.py": source})
    outcome = functions.invoke("f")
    assert outcome.payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: '
        + f'{outcome.request_id} Error: {reason}"}}'
    )
