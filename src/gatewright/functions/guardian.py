"""Starts functions and ends them with all they started: a small process beside the engine, run as a script so
that it loads nothing of the house.

    engine ── guardian ── nanny ── runtime ── whatever the function starts
                       └─ nanny ── runtime

The guardian forks one nanny an instance. Both are "child subreapers": Linux gives them the orphans below
them, so that `setsid` and a double fork lead nowhere. A nanny ends everything below it when its runtime
ends, and when its link to the engine closes, which the kernel sees to however the engine went. Should a
function kill its nanny, the kernel kills the runtime, and the guardian gets and kills the rest. Elsewhere
than on Linux there are no subreapers: there the runtime's process group is killed, and what left the group
lives on.

The engine asks on a stream: a line of JSON, `{"command": [...], "environment": {...}, "directory": "..."}`,
and with it three descriptors: what the runtime prints to, its CHANNEL, and the nanny's link. On the link the
nanny says `started PID` or `failed ERRNO`, and at last `ended CODE`, negative for a signal; the end of input
ends it.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

CHANNEL = 3  # the descriptor that a runtime finds its channel under

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_LINUX = sys.platform == "linux"
_STUBBORN = 5.0  # seconds after which is left what SIGKILL does not end: another user's, or stuck
_prctl = ctypes.CDLL(None).prctl if _LINUX else lambda option, value: 0


class Guardian:
    def __init__(self, engine: socket.socket) -> None:
        self._engine = engine
        self._nannies: set[int] = set()
        self._received = bytearray()
        self._descriptors: list[int] = []

    def run(self) -> None:
        """Serve until the engine is gone."""
        _prctl(_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGCHLD, self._reap)
        while self._receive():
            while b"\n" in self._received:
                line, _, self._received = self._received.partition(b"\n")
                descriptors, self._descriptors = self._descriptors[:3], self._descriptors[3:]
                self._start_nanny(bytes(line), descriptors)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_everything_below()

    def _receive(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._engine, 65_536, 3)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._received += data
        self._descriptors += descriptors
        return bool(data)

    def _start_nanny(self, line: bytes, descriptors: list[int]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # until the nanny is known
        pid = os.fork()
        if pid == 0:
            self._engine.close()
            _in_child(lambda: Nanny(*descriptors).run(**json.loads(line)))
        self._nannies.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for descriptor in descriptors:
            os.close(descriptor)

    def _reap(self, _signal: int, _frame: FrameType | None) -> None:
        """Whoever is no nanny was below one that was killed."""
        ended: dict[int, int] = {}
        reap(ended)
        self._nannies -= ended.keys()
        for pid in _parents_and_children().get(os.getpid(), []):
            if pid not in self._nannies:
                _kill(os.kill, pid)


class Nanny:
    def __init__(self, output: int, channel: int, link: int) -> None:
        self._output = output
        self._channel = channel
        self._link = socket.socket(fileno=link)

    def run(self, command: list[str], environment: dict[str, str], directory: str) -> None:
        _prctl(_SET_CHILD_SUBREAPER, 1)
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        pid, error = self._start(command, environment, directory)
        os.close(self._output)
        os.close(self._channel)
        self._say(f"failed {error}" if error else f"started {pid}")
        link, ended = self._link.fileno(), dict[int, int]()
        while not error and pid not in ended:
            if link in select.select([link, wake], [], [])[0]:
                break
            os.read(wake, 4_096)
            reap(ended)
        ended |= end_everything_below(group=pid)
        self._say(f"ended {ended.get(pid, -signal.SIGKILL)}")

    def _start(self, command: list[str], environment: dict[str, str], directory: str) -> tuple[int, int]:
        """The runtime's process id, and the error number that kept it from starting or 0."""
        faults, fault = os.pipe()
        pid = os.fork()
        if pid == 0:
            _in_child(lambda: self._become_runtime(command, environment, directory, fault))
        os.close(fault)
        with open(faults, "rb") as file:
            return pid, int(file.read() or b"0")

    def _become_runtime(
        self, command: list[str], environment: dict[str, str], directory: str, fault: int
    ) -> None:
        fault = _moved(fault)
        try:
            os.setsid()
            _prctl(_SET_PDEATHSIG, signal.SIGKILL)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
                signal.signal(number, signal.SIG_DFL)
            os.chdir(directory)
            self._lay_descriptors()
            os.execvpe(command[0], command, environment)
        except OSError as error:
            os.write(fault, b"%d" % (error.errno or 0))

    def _lay_descriptors(self) -> None:
        """Standard input, output and error, and the channel; the sources are moved out of their way first."""
        null = os.open(os.devnull, os.O_RDONLY)
        sources = [_moved(descriptor) for descriptor in (null, self._output, self._output, self._channel)]
        for number, source in enumerate(sources):
            os.dup2(source, number)

    def _say(self, words: str) -> None:
        try:
            self._link.sendall(words.encode() + b"\n")
        except OSError:
            pass  # the engine is gone


def _moved(descriptor: int) -> int:
    """A copy that is none of the numbers a runtime's descriptors get."""
    copy = os.dup(descriptor)
    return copy if copy > CHANNEL else _moved(copy)


def _in_child(work: Callable[[], None]) -> None:
    """Do the work of a process that was forked, and never return to its parent's code."""
    try:
        work()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def reap(ended: dict[int, int]) -> bool:
    """Note the children that ended and their exit codes, negative for a signal; whether there are others."""
    try:
        while (status := os.waitpid(-1, os.WNOHANG))[0]:
            ended[status[0]] = os.waitstatus_to_exitcode(status[1])
    except ChildProcessError:
        return False
    return True


def end_everything_below(group: int = 0) -> dict[int, int]:
    """Kill the process group and our descendants until none is left; what became of our children.

    Killed parents hand their children to us or to one we kill next, so each round finds what was missed.
    """
    ended: dict[int, int] = {}
    if group:
        _kill(os.killpg, group)
    give_up = time.monotonic() + _STUBBORN
    while reap(ended) and time.monotonic() < give_up:
        for pid in _below(os.getpid()):
            _kill(os.kill, pid)
        time.sleep(0.002)
    return ended


def _kill(how: Callable[[int, int], None], pid: int) -> None:
    try:
        how(pid, signal.SIGKILL)
    except OSError:
        pass  # gone by itself, or another user's


def _below(pid: int) -> list[int]:
    children = _parents_and_children()
    found = list(children.get(pid, []))
    for each in found:
        found += children.get(each, [])
    return found


def _parents_and_children() -> dict[int, list[int]]:
    """Who is whose child, as /proc tells; empty where there is none."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc") if _LINUX else ()):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue  # no process, or gone while we look
        children.setdefault(parent, []).append(int(name))
    return children


if __name__ == "__main__":
    Guardian(socket.socket(fileno=int(sys.argv[1]))).run()
