"""Render generated templates with Apache Velocity 1.7 and with ours, and print every difference.

Needs Java 11 or newer and Debian's package `velocity`.
"""

from __future__ import annotations

import argparse
import base64
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzz.test_vtl_fuzz import PIECES  # noqa: E402
from tests.unit.vtl.support import variables  # noqa: E402

from gatewright.vtl import RenderError, TemplateSyntaxError, compile_template  # noqa: E402

JARS = [f"/usr/share/java/{name}.jar" for name in ("velocity-1.7", "commons-lang", "commons-collections3")]
VALUES = [
    "$n",
    "$s",
    "$nope",
    "$l",
    "$m.c.d",
    "$!{m.b}",
    "${d}",
    "$l[0]",
    "1",
    "-2",
    "1.5",
    "'a'",
    '"x$v"',
    "true",
]
OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", " and ", " lt "]
SPACES = ["", "", " ", "\n", "  \n"]


def template(source: random.Random, depth: int = 0) -> str:
    """Of whole directives, with pieces that need not fit anything between them."""
    return "".join(_part(source, depth) for _ in range(source.randint(1, 4)))


def _part(source: random.Random, depth: int) -> str:
    space = source.choice(SPACES)
    inner = template(source, depth + 1) if depth < 3 else "x"
    first, second, operator = source.choice(VALUES), source.choice(VALUES), source.choice(OPERATORS)
    return source.choice(
        [
            source.choice([piece for piece in PIECES if not piece.startswith("\ud83d")]),
            first,
            f"{space}#set($x = {first}{operator}{second}){space}$x",
            f"{space}#if({first}{operator}{second}){space}{inner}#else{space}{inner}#end{space}",
            f"{space}#foreach($i in {first}){space}$i{inner}#if($foreach.hasNext),#end#end{space}",
            f"#define($d){inner}#end$d",
            f"#macro(m $p)$p{inner}#end#m({first})",
        ]
    )


def velocity(templates: Sequence[str]) -> list[str | None]:
    """What each prints; None for an error."""
    command = ["java", "-Xmx400m", "-cp", ":".join(JARS), str(ROOT / "oracle" / "Velocity.java")]
    lines = "".join(base64.b64encode(one.encode()).decode() + "\n" for one in templates)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = [line.partition(" ") for line in done.stdout.splitlines()]
    return [base64.b64decode(text).decode() if kind == "OK" else None for kind, _, text in answers]


def ours(text: str) -> str | None:
    try:
        return compile_template(text).render(variables())
    except (TemplateSyntaxError, RenderError):
        return None


def same(first: str | None, second: str | None) -> bool:
    """Addresses of objects aside."""
    if first is None or second is None:
        return first is second
    return re.sub("@[0-9a-f]+", "@", first) == re.sub("@[0-9a-f]+", "@", second)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="templates (default 100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the generator (default 1)")
    arguments = parser.parse_args()
    missing = [jar for jar in JARS if not Path(jar).exists()]
    if missing:
        parser.error(f"{', '.join(missing)} is missing: apt-get install velocity default-jdk-headless")
    source = random.Random(arguments.seed)
    templates = [template(source) for _ in range(arguments.count)]
    differences = 0
    for text, theirs in zip(templates, velocity(templates), strict=True):
        mine = ours(text)
        if not same(theirs, mine):
            differences += 1
            print(f"{text!r}\n  Velocity: {theirs!r}\n  ours:     {mine!r}")
    print(f"{arguments.count} templates, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
