"""The two engines: Velocity in a process of its own, which answers a line for a line, and ours."""

from __future__ import annotations

import base64
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from tests.unit.vtl.support import variables

from gatewright.vtl import LimitExceeded, RenderError, TemplateSyntaxError, compile_template

JARS = [f"/usr/share/java/{name}.jar" for name in ("velocity-1.7", "commons-lang", "commons-collections3")]
_ADDRESS = re.compile("@[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a template.

    `kind`: ok, parse, render, limit, hang or crash. `text`: the output, or what the error says.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return repr(self.text) if self.kind == "ok" else f"{self.kind}: {self.text}"


def same(theirs: Outcome, mine: Outcome) -> bool:
    """Addresses of objects aside. A limit of ours is an error of the rendering, as Velocity's own are."""
    if theirs.kind == "render" and mine.kind == "limit":
        return True
    if theirs.kind != mine.kind or theirs.kind != "ok":
        return theirs.kind == mine.kind
    return theirs.text == mine.text or _ADDRESS.sub("@", theirs.text) == _ADDRESS.sub("@", mine.text)


def ours(text: str) -> Outcome:
    try:
        return Outcome("ok", compile_template(text).render(variables()))
    except TemplateSyntaxError as error:
        return Outcome("parse", str(error))
    except RenderError as error:
        return Outcome("limit" if isinstance(error.__cause__, LimitExceeded) else "render", str(error))
    except Exception as error:  # none may leave the engine: printed as a difference
        return Outcome("crash", repr(error))


class Velocity:
    """A process that renders with Apache Velocity 1.7."""

    def __enter__(self) -> Velocity:
        program = str(Path(__file__).parent / "Velocity.java")
        self._process = subprocess.Popen(
            ["java", "-Xmx400m", "-XX:+UseSerialGC", "-cp", ":".join(JARS), program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="ascii",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._process:
            self._process.kill()

    def answers(self, templates: Iterable[str]) -> Iterator[tuple[str, Outcome]]:
        """Each template with what became of it; all are sent at once, so that both engines are busy."""
        texts = list(templates)
        stdin, stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)
        lines = "".join(base64.b64encode(text.encode()).decode() + "\n" for text in texts)
        sending = threading.Thread(target=lambda: (stdin.write(lines), stdin.flush()))
        sending.start()
        for text in texts:
            yield text, _outcome(stdout.readline())
        sending.join()

    def answer(self, template: str) -> Outcome:
        return next(iter(list(self.answers([template]))))[1]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _outcome(line: str) -> Outcome:
    kind, _, text = line.strip().partition(" ")
    if kind == "OK":
        return Outcome("ok", base64.b64decode(text).decode())
    if not kind:
        raise RuntimeError("the process of Velocity ended")
    return Outcome(kind.lower(), text)
