"""Function processes: each its own session, killed as a group, and never outliving the engine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

_GUARDIAN = Path(__file__).with_name("guardian.py")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Guardian:
    """Tells the guardian process which groups live; starts it with the first, and again should it be gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def started(self, group: int, others: set[int]) -> None:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARDIAN)],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,  # a terminal's Ctrl-C must not take it first
            )
            for other in others:
                self._tell(f"+{other}\n")
        self._tell(f"+{group}\n")

    def ended(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            pass  # it is gone: `started` starts another

    def close(self) -> None:
        """End the guardian, which kills what it still knows of."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.close()
        except OSError:
            pass  # a line was still buffered for a guardian that is gone
        process.wait()


class Process:
    """One running function process. `output` reads what it and its children print."""

    def __init__(
        self, command: list[str], environment: dict[str, str], directory: Path, descriptor: int
    ) -> None:
        """`descriptor` is passed on under the same number."""
        self.output, child_output = os.pipe()
        try:
            os.set_blocking(self.output, False)
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=child_output,
                stderr=child_output,
                cwd=directory,
                env=environment,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
        except BaseException:
            os.close(self.output)
            raise
        finally:
            os.close(child_output)
        self.pid = self._popen.pid

    def watch(self, loop: asyncio.AbstractEventLoop, exited: Callable[[int], None]) -> None:
        """Call `exited(return code)` in the loop once the process ended and its group was killed."""

        def wait() -> None:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            self.kill()  # before the id is free for another process
            code = self._popen.wait()
            try:
                loop.call_soon_threadsafe(exited, code)
            except RuntimeError:
                pass  # the loop was closed without closing the engine

        threading.Thread(target=wait, name=f"function-{self.pid}", daemon=True).start()

    def kill(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass  # gone already

    def resident_bytes(self) -> int:
        """Memory in use now; 0 where the system does not tell (no /proc) or the process is gone."""
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0

    def read(self) -> bytes:
        """What was printed and not read yet, up to 64 KiB; empty if there is nothing."""
        try:
            return os.read(self.output, 65_536)
        except OSError:
            return b""

    def close(self) -> None:
        os.close(self.output)


def exit_reason(code: int) -> str:
    """How a process ended, in the words Lambda's messages use. `code` is Popen's: negative for a signal."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = (signal.strsignal(-code) or f"signal {-code}").lower()
    return f"Runtime exited with error: signal: {name}"
