"""Render generated templates with Apache Velocity 1.7 and with ours, and print the differences.

Needs Java 11 or newer and Debian's package `velocity`. Fails where a difference is of no kind listed in
`differences`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from oracle.differences import KINDS, kind_of  # noqa: E402
from oracle.engines import JARS, Outcome, Velocity, ours, same  # noqa: E402
from oracle.generator import Generator  # noqa: E402
from oracle.shrinking import shrunk  # noqa: E402

BATCH = 200  # templates on their way to Velocity at a time
UNLISTED = "of no listed kind"


def main() -> int:
    arguments = _arguments()
    generator = Generator(arguments.seed)
    outcomes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    with Velocity() as velocity, Velocity() as second:
        for start in range(0, arguments.count, BATCH):
            size = min(BATCH, arguments.count - start)
            for text, theirs in velocity.answers(generator.template() for _ in range(size)):
                mine = ours(text)
                outcomes[theirs.kind] += 1
                if same(theirs, mine):
                    continue
                difference = shrunk(text, theirs, mine, second)
                kind = kind_of(*difference)
                kinds[kind.name if kind else UNLISTED] += 1
                if kind is None and arguments.record:
                    _record(arguments.record, *difference)
                if kind is None or arguments.verbose:
                    _print(*difference)
    counts = ", ".join(f"{count} {kind}" for kind, count in outcomes.most_common())
    print(f"{arguments.count} templates: {counts}")
    for listed in KINDS:
        print(f"{kinds[listed.name]:6} {listed.name}: {listed.reason}")
    print(f"{kinds[UNLISTED]:6} {UNLISTED}")
    return 1 if kinds[UNLISTED] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="templates (default 100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the generator (default 1)")
    parser.add_argument("--record", type=Path, help="a file to append unlisted differences to, as cases")
    parser.add_argument("--verbose", action="store_true", help="print the listed differences, too")
    missing = [jar for jar in JARS if not Path(jar).exists()]
    if missing:
        parser.error(f"{', '.join(missing)} is missing: apt-get install velocity default-jdk-headless")
    return parser.parse_args()


def _record(file: Path, text: str, theirs: Outcome, mine: Outcome) -> None:
    """What Velocity made of it, as in tests/unit/vtl/cases."""
    outcome = {"output": theirs.text} if theirs.kind == "ok" else {"error": theirs.kind}
    with file.open("a", encoding="utf-8") as cases:
        case = {"template": text, **outcome, "truth": "Velocity 1.7"}
        cases.write(json.dumps(case, ensure_ascii=False) + "\n")


def _print(text: str, theirs: object, mine: object) -> None:
    print(f"{text!r}\n  Velocity: {theirs}\n  ours:     {mine}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
