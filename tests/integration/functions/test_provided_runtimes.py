"""Any program that speaks the Lambda Runtime API is a runtime."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

RUNTIME = "provided.al2023"

# A client as Amazon's documentation describes it: two connections, no pipelining, no extension.
BOOTSTRAP = f"""#!{sys.executable}
import http.client, json, os
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime/invocation/"
events, outcomes = http.client.HTTPConnection(address), http.client.HTTPConnection(address)
statuses = []
def post(path, text):
    outcomes.request("POST", path, text)
    reply = outcomes.getresponse()
    return [reply.status, reply.read().decode()]
while True:
    events.request("GET", base + "next")
    reply = events.getresponse()
    event = json.loads(reply.read())
    request_id = reply.headers["Lambda-Runtime-Aws-Request-Id"]
    if event == "fail":
        post(base + request_id + "/error", '{{"errorType":"Mine","errorMessage":"as I say"}}')
        continue
    if event == "wrong":
        paths = base + "no-such-id/response", base + "unknown", "/elsewhere"
        statuses += [post(path, "x") for path in paths]
    if event == "early":
        outcomes.request("GET", base + "next")
        early = outcomes.getresponse()
        statuses.append([early.status, early.read().decode()])
    headers = {{name: value for name, value in reply.getheaders() if name.startswith("Lambda-Runtime-")}}
    statuses.append(post(base + request_id + "/response", json.dumps([event, headers, statuses]))[0])
"""


def test_a_program_named_bootstrap(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": BOOTSTRAP}, runtime=RUNTIME)
    outcome = functions.invoke("f", {"n": 1}, trace_id="Root=1-2-3")
    event, headers, _ = json.loads(outcome.payload)
    assert event == {"n": 1}
    assert int(headers.pop("Lambda-Runtime-Deadline-Ms")) > 1_700_000_000_000
    assert headers == {
        "Lambda-Runtime-Aws-Request-Id": outcome.request_id,
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "Lambda-Runtime-Trace-Id": "Root=1-2-3",
    }
    assert functions.call("f", 2)[2] == [202]


def test_an_error_is_passed_on_as_the_runtime_words_it(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": BOOTSTRAP}, runtime=RUNTIME)
    assert functions.invoke("f", "fail").payload == b'{"errorType":"Mine","errorMessage":"as I say"}'
    assert functions.call("f", 1)[0] == 1


def test_what_makes_no_sense_is_refused(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": BOOTSTRAP}, runtime=RUNTIME)
    wrong_id, unknown, elsewhere = functions.call("f", "wrong")[2]
    assert wrong_id == [400, '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}\n']
    assert unknown[0] == elsewhere[0] == 404


def test_asking_for_an_event_before_answering_is_refused(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": BOOTSTRAP}, runtime=RUNTIME)
    [[status, text]] = functions.call("f", "early")[2]
    assert status == 403
    assert "InvalidStateTransition" in text


def test_a_shell_script_is_a_program(functions: Lambda) -> None:
    script = "#!/bin/sh\necho out of order >&2\nexit 7\n"
    functions.deploy("f", {"bootstrap": script}, runtime=RUNTIME)
    error = functions.fail("f")
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")
    functions.close()
    assert "out of order\n" in functions.log("f")


def test_a_bootstrap_that_is_missing(functions: Lambda) -> None:
    functions.deploy("f", {"other": ""}, runtime=RUNTIME)
    error = functions.fail("f")
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].endswith("bootstrap: no such file or directory")


def test_a_bootstrap_that_is_not_executable(functions: Lambda, tmp_path: Path) -> None:
    directory = tmp_path / "code"
    directory.mkdir()
    (directory / "bootstrap").write_text("#!/bin/sh\n")
    (directory / "bootstrap").chmod(stat.S_IRUSR | stat.S_IWUSR)
    functions.deploy("f", directory, runtime=RUNTIME)
    error = functions.fail("f")
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].endswith("bootstrap: permission denied")


def test_every_function_has_the_address_of_the_api(functions: Lambda) -> None:
    source = (
        "import os, urllib.request, urllib.error\n"
        "def handler(event, context):\n"
        "    url = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/next'\n"
        "    try:\n        urllib.request.urlopen(url)\n"
        "    except urllib.error.HTTPError as error:\n        return error.code\n"
    )
    functions.deploy("f", {"app.py": source})
    assert functions.call("f") == 403


INIT_FAILURE = f"""#!{sys.executable}
import http.client, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
error = '{{"errorType":"Mine","errorMessage":"no start"}}'
connection.request("POST", "/2018-06-01/runtime/init/error", error)
connection.getresponse().read()
input()
"""


def test_an_initialisation_that_fails_in_the_runtimes_own_words(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": INIT_FAILURE}, runtime=RUNTIME)
    assert functions.fail("f") == {"errorType": "Mine", "errorMessage": "no start"}


TOO_LARGE = f"""#!{sys.executable}
import http.client, json, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
status = None
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    reply = connection.getresponse()
    size = json.loads(reply.read())
    path = "/2018-06-01/runtime/invocation/" + reply.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    connection.request("POST", path, json.dumps(status) if size == 0 else "x" * size)
    reply = connection.getresponse()
    reply.read()
    status = reply.status
"""


def test_a_result_that_is_too_large_is_refused_to_the_runtime_too(functions: Lambda) -> None:
    functions.deploy("f", {"bootstrap": TOO_LARGE}, runtime=RUNTIME)
    assert functions.fail("f", 6_291_557)["errorType"] == "Function.ResponseSizeTooLarge"
    assert functions.call("f", 0) == 413
