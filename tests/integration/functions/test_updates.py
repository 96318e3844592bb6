"""Changes of a function reach the next invocation, and break none that runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog
from gatewright.functions.api import FunctionName, FunctionNotFound, InvocationFailed, Source
from gatewright.functions.engine import Engine
from gatewright.wire.pending import future_from

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "lambda:*", "Resource": "*"}


def constant(value: object) -> dict[str, str]:
    return {"app.py": f"def handler(event, context):\n    return {value!r}\n"}


def alias(functions: Lambda, name: str, version: str, weights: dict[str, float] | None = None) -> None:
    configuration: dict[str, Any] = {"Name": name, "FunctionVersion": version}
    if weights:
        configuration["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    with functions.catalog.write(functions.partition) as tx:
        tx.put(keys.function_alias("f", name), {"Alias": configuration})


def test_new_code_serves_the_next_invocation(functions: Lambda) -> None:
    for value in range(3):
        functions.deploy("f", constant(value))
        assert functions.call("f") == value


def test_new_configuration_serves_the_next_invocation(functions: Lambda) -> None:
    files = {"app.py": "import os\ndef handler(event, context):\n    return os.environ['COLOUR']\n"}
    for colour in ("red", "blue"):
        functions.deploy("f", files, Environment={"Variables": {"COLOUR": colour}})
        assert functions.call("f") == colour


def test_a_service_sees_the_change_soon(functions: Lambda, gateway_source: Source) -> None:
    functions.deploy("f", constant("old"), policy=[ALLOW])
    assert functions.call("f", source=gateway_source) == "old"
    functions.deploy("f", constant("new"), policy=[ALLOW])
    functions.until(lambda: functions.call("f", source=gateway_source) == "new")


class Silent:
    """A catalog that can stop answering, like one whose server is frozen; read in threads only."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.answers = threading.Event()
        self.answers.set()

    def __getattr__(self, name: str) -> Any:
        if name in ("read", "changes", "revision"):
            assert threading.current_thread() is not threading.main_thread(), "read on the event loop"
            assert self.answers.wait(20), "never let go on"
        return getattr(self._catalog, name)


def test_while_the_catalog_is_silent_the_old_function_serves(
    functions: Lambda, gateway_source: Source
) -> None:
    catalog = Silent(functions.catalog)
    settings = replace(functions.settings, config_check=0.005)
    functions.engine = Engine(cast("Catalog", catalog), loop=functions.loop, settings=settings)
    functions.deploy("f", constant("old"), policy=[ALLOW])
    assert functions.call("f") == "old"  # with all read that was written before
    assert functions.call("f", source=gateway_source) == "old"
    catalog.answers.clear()
    functions.deploy("f", constant("new"), policy=[ALLOW])
    assert [functions.call("f", source=gateway_source) for _ in range(3)] == ["old"] * 3
    newest = functions.start("f")
    functions.deploy("f", constant("newer"), policy=[ALLOW])
    assert functions.call("f", source=gateway_source) == "old"
    catalog.answers.set()
    assert functions.wait(newest)[0].payload == b'"newer"'
    functions.until(lambda: functions.call("f", source=gateway_source) == "newer")


def test_an_update_elsewhere_keeps_the_instances(functions: Lambda) -> None:
    files = {"app.py": "import os\ndef handler(event, context):\n    return os.getpid()\n"}
    functions.deploy("f", files)
    pid = functions.call("f")
    functions.deploy("g", files)
    functions.deploy("f", files, version="1")
    assert functions.call("f") == pid
    assert functions.call("f:1") != pid


def test_an_update_lets_a_running_invocation_finish(
    functions: Lambda, tmp_path_factory: pytest.TempPathFactory, is_alive: Callable[[int], bool]
) -> None:
    go = tmp_path_factory.mktemp("update") / "go"
    source = (
        "import os, time\ndef handler(event, context):\n"
        f"    while event and not os.path.exists({str(go)!r}): time.sleep(0.005)\n"
        "    return os.getpid()\n"
    )
    functions.deploy("f", {"app.py": source}, Timeout=15)
    pid = functions.call("f", False)
    running = functions.start("f", True)
    functions.deploy("f", constant("new"))
    assert functions.call("f") == "new"
    go.touch()
    assert functions.wait(running)[0].payload == str(pid).encode()
    functions.until(lambda: not is_alive(pid))


def test_what_waits_during_an_update_goes_to_the_new_code(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(function_instances=1)
    functions.deploy(
        "f", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(0.3)\n    return 'old'\n"}
    )
    first, second = functions.start("f"), functions.start("f")
    functions.deploy("f", constant("new"))
    third = functions.start("f")
    payloads = [outcome.payload for outcome in functions.wait(first, second, third)]
    assert payloads == [b'"new"', b'"new"', b'"new"']


def test_a_deleted_function_is_gone_and_so_are_its_processes(
    functions: Lambda, is_alive: Callable[[int], bool]
) -> None:
    functions.deploy("f", {"app.py": "import os\ndef handler(event, context):\n    return os.getpid()\n"})
    pid = functions.call("f")
    functions.delete("f")
    with pytest.raises(FunctionNotFound) as caught:
        functions.invoke("f")
    assert caught.value.message == "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:f"
    functions.until(lambda: not is_alive(pid))


def test_what_waits_for_a_deleted_function_is_told_so(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "import time\ntime.sleep(30)\n"})
    waiting = functions.start("f")
    functions.delete("f")
    with pytest.raises(FunctionNotFound):
        functions.wait(waiting)


def test_versions_and_aliases(functions: Lambda) -> None:
    functions.deploy("f", constant("latest"))
    functions.deploy("f", constant("one"), version="1")
    functions.deploy("f", constant("two"), version="2")
    alias(functions, "live", "1")
    outcome = functions.invoke("f:live")
    assert (outcome.payload, outcome.executed_version) == (b'"one"', "1")
    assert functions.call("f:2") == "two"
    assert functions.call("f:$LATEST") == "latest"
    alias(functions, "live", "2")
    assert functions.call("f:live") == "two"
    with pytest.raises(FunctionNotFound, match="function:f:7"):
        functions.invoke("f:7")


def test_the_context_names_the_alias_that_was_invoked(functions: Lambda) -> None:
    source = "def handler(event, c):\n    return [c.invoked_function_arn, c.function_version]\n"
    functions.deploy("f", {"app.py": source}, version="1")
    alias(functions, "live", "1")
    assert functions.call("f:live") == ["arn:aws:lambda:eu-west-1:123456789012:function:f:live", "1"]


def test_a_weighted_alias_spreads_its_invocations(functions: Lambda) -> None:
    draws = iter([0.0, 0.29, 0.3, 0.99])
    functions.deploy("f", constant("one"), version="1")
    functions.deploy("f", constant("two"), version="2")
    alias(functions, "live", "1", {"2": 0.3})
    functions.engine = Engine(
        functions.catalog, loop=functions.loop, settings=functions.settings, chance=lambda: next(draws)
    )
    assert [functions.call("f:live") for _ in range(4)] == ["two", "two", "one", "one"]


def test_a_directory_is_reloaded_when_a_file_changes(
    start_lambda: Callable[..., Lambda], tmp_path: Path
) -> None:
    functions = start_lambda(reload_check=0.0)
    directory = tmp_path / "code"
    (directory / "lib").mkdir(parents=True)
    (directory / "app.py").write_text("from lib.value import VALUE\ndef handler(e, c):\n    return VALUE\n")
    (directory / "lib" / "value.py").write_text("VALUE = 'old'\n")
    functions.deploy("f", directory)
    assert functions.call("f") == "old"
    (directory / "lib" / "value.py").write_text("VALUE = 'fresh'\n")
    assert functions.call("f") == "fresh"
    (directory / "app.py").unlink()
    assert functions.fail("f")["errorType"] == "Runtime.ImportModuleError"


def test_a_directory_that_did_not_change_keeps_its_instance(
    start_lambda: Callable[..., Lambda], tmp_path: Path
) -> None:
    functions = start_lambda(reload_check=0.0)
    (tmp_path / "code").mkdir()
    source = "import os, helper\ndef handler(event, context):\n    return os.getpid()\n"
    (tmp_path / "code" / "app.py").write_text(source)
    (tmp_path / "code" / "helper.py").write_text("")  # importing it writes into __pycache__
    functions.deploy("f", tmp_path / "code")
    assert len({functions.call("f") for _ in range(3)}) == 1


def test_code_that_is_missing_is_said_so(functions: Lambda, tmp_path: Path) -> None:
    functions.deploy("f", tmp_path / "nowhere")
    error = functions.fail("f")
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "no such file or directory" in error["errorMessage"]


def test_a_zip_that_is_none_is_said_so(functions: Lambda) -> None:
    functions.deploy("f", constant(1))
    with functions.catalog.write(functions.partition) as tx:
        document = tx.get(keys.function("f"))
        assert document is not None
        document["Code"] = {"digest": tx.put_blob(b"not a zip")}
        tx.put(keys.function("f"), document)
    with pytest.raises(InvocationFailed, match="The code of function f is not usable: Could not unzip"):
        functions.invoke("f")


@pytest.mark.parametrize("runtime", ["ruby3.3", "", "python2.7"])
def test_a_runtime_this_machine_has_not(functions: Lambda, runtime: str) -> None:
    functions.deploy("f", constant(1), runtime=runtime)
    with pytest.raises(InvocationFailed, match=f"Runtime {runtime} is not supported"):
        functions.invoke("f")


def test_after_close_nothing_is_invoked(functions: Lambda) -> None:
    functions.deploy("f", constant(1))
    functions.close()
    with pytest.raises(InvocationFailed, match="is being stopped"):
        functions.invoke("f")


def test_partitions_are_apart(functions: Lambda) -> None:
    functions.deploy("f", constant(1))
    elsewhere = FunctionName("123456789012", "us-east-1", "f")
    with pytest.raises(FunctionNotFound, match="us-east-1"):
        functions.loop.run_until_complete(
            future_from(functions.engine.invoke(elsewhere, b"{}"), functions.loop)
        )
