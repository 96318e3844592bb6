"""The supervisor keeps its slots filled, replaces without a gap, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import signal
import threading
from dataclasses import replace
from pathlib import Path

from tests.support.standin_node import BOUND, StartNode

PAUSE = 0.002  # seconds between a client's connections: what is replaced meanwhile needs the processor too


def _dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"


def _wait_until_dead(pids: set[int]) -> None:
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(descriptor) as ending:
            assert select.select([ending], [], [], BOUND)[0], f"{pid} still runs"


def test_every_slot_and_the_control_port_answer(start_node: StartNode) -> None:
    node = start_node().ready()
    control = node.ask(node.settings.management.port)[1]
    assert control in node.children()
    assert len(node.children()) == 3
    assert node.ask()[1] in node.children() - {control}


def test_sigterm_ends_with_0_and_no_child_is_left(start_node: StartNode) -> None:
    node = start_node().ready()
    children = node.children()
    node.signal(signal.SIGTERM)
    assert node.exit_code() == 0
    assert all(_dead(pid) for pid in children)


def test_a_killed_worker_is_replaced(start_node: StartNode) -> None:
    node = start_node(workers=1).ready()
    pid = node.ask()[1]
    os.kill(pid, signal.SIGKILL)
    assert node.ask()[1] != pid  # waits in the queue of the slot until the next worker accepts
    node.log_line(f"worker 0 (pid {pid}) died: killed by SIGKILL")


def test_a_stopped_child_is_killed_and_replaced(start_node: StartNode) -> None:
    node = start_node(workers=1).ready()
    pid = node.ask()[1]
    os.kill(pid, signal.SIGSTOP)
    assert node.ask()[1] != pid
    node.log_line(f"worker 0 (pid {pid}) is stopped by a signal: killing it")
    node.log_line(f"worker 0 (pid {pid}) died: killed by SIGKILL")


def test_a_child_that_goes_on_at_once_is_left_alone(start_node: StartNode) -> None:
    node = start_node(workers=1).ready()
    pid = node.ask()[1]
    control = (node.children() - {pid}).pop()
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)
    os.kill(control, signal.SIGSTOP)
    node.log_line(f"control (pid {control}) is stopped by a signal: killing it")  # looked at after the worker
    assert node.ask()[1] == pid


def test_children_end_when_the_supervisor_is_killed(start_node: StartNode) -> None:
    node = start_node().ready()
    children = node.children()
    node.signal(signal.SIGKILL)
    _wait_until_dead(children)


def test_a_crash_loop_is_slowed_down_and_said(start_node: StartNode) -> None:
    node = start_node("dying_child").ready()
    node.log_line("worker 0", "died: exit code 4")
    node.log_line("worker 0 keeps dying; trying again in 0.1 s")
    node.log_line("worker 0 keeps dying; trying again in 0.2 s")
    node.signal(signal.SIGTERM)
    assert node.exit_code() == 0


def test_a_child_that_cannot_start_ends_the_start(start_node: StartNode) -> None:
    node = start_node("failing_child")
    assert node.exit_code() == 1
    node.log_line("worker 0", "did not start: exit code 3")
    node.log_line("cannot start: a process did not start")


def test_a_second_signal_ends_at_once(start_node: StartNode) -> None:
    node = start_node("stubborn_child").ready()
    children = node.children()
    node.signal(signal.SIGINT)
    node.log_line("stopping")
    node.signal(signal.SIGINT)
    node.log_line("ending at once")
    assert node.exit_code() == 0
    assert all(_dead(pid) for pid in children)


def test_a_child_that_ignores_orders_is_killed_past_the_bound(start_node: StartNode) -> None:
    node = start_node("stubborn_child").ready()
    children = node.children()
    node.signal(signal.SIGTERM)
    assert node.exit_code() == 0
    node.log_line("worker 0", "did not end", "killed")
    assert all(_dead(pid) for pid in children)


def test_sighup_replaces_every_child_with_the_settings_read_again(start_node: StartNode) -> None:
    node = start_node().ready()
    before = node.children()
    node.settings_file.write_text(replace(node.settings, drain_timeout=0.5).to_json())
    node.signal(signal.SIGHUP)
    node.log_line("reloaded")
    assert node.ask()[2] == 0.5
    _wait_until_dead(before)
    assert len(node.children() - before) == 3


def test_no_connection_is_refused_or_lost_through_replacements(start_node: StartNode) -> None:
    node = start_node().ready()
    answered: list[int] = []
    failed: list[OSError | ValueError] = []
    done = threading.Event()

    def ask_on() -> None:
        while not done.wait(PAUSE):
            try:
                answered.append(node.ask()[1])
            except (OSError, ValueError) as error:
                failed.append(error)

    clients = [threading.Thread(target=ask_on) for _ in range(4)]
    for client in clients:
        client.start()
    for reload in range(1, 4):
        node.signal(signal.SIGHUP)
        node.log_line("reloaded", times=reload)
    done.set()
    for client in clients:
        client.join()
    assert failed == []
    assert len(set(answered)) > 2


def test_bad_settings_leave_the_node_as_it_runs(start_node: StartNode) -> None:
    node = start_node().ready()
    before = node.children()
    node.settings_file.write_text("not settings")
    node.signal(signal.SIGHUP)
    node.log_line("reload refused, the running settings stay")
    assert node.children() == before


def test_a_replacement_that_does_not_start_leaves_the_running_one(start_node: StartNode) -> None:
    node = start_node("moody_child").ready()
    (control,) = {node.ask(node.settings.management.port)[1]}
    workers = node.children() - {control}
    node.settings_file.write_text(replace(node.settings, drain_timeout=13.0).to_json())
    node.signal(signal.SIGHUP)
    node.log_line("worker 0", "did not start: exit code 5")
    node.log_line("reload given up: the replacement of worker 0 did not start")
    assert node.children() == workers | {control}
    node.settings_file.write_text(replace(node.settings, drain_timeout=0.3).to_json())
    node.signal(signal.SIGHUP)
    node.log_line("reloaded")
    assert node.ask()[2] == 0.3


def test_what_is_fixed_at_the_start_waits_for_the_next(start_node: StartNode) -> None:
    node = start_node().ready()
    node.settings_file.write_text(replace(node.settings, workers=5).to_json())
    node.signal(signal.SIGHUP)
    node.log_line("the change of workers waits for the next start")
    node.log_line("reloaded")


def test_a_second_node_on_one_data_directory_is_refused(start_node: StartNode, tmp_path: Path) -> None:
    first = start_node().ready()
    second = start_node()
    assert second.exit_code() == 1
    second.log_line("already in use by the gatewright with pid", str(first.process.pid))


def test_a_lock_left_by_a_killed_node_is_no_hindrance(start_node: StartNode) -> None:
    first = start_node().ready()
    first.signal(signal.SIGKILL)
    first.exit_code()
    start_node().ready()
