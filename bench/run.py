"""Measure Gatewright against its peers in the same run: `python bench/run.py --help`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from access import access
from bodies import bodies
from cache import cache
from functions import functions
from nodes import many_apis, redeploying, two_workers
from scenarios import IN_PROCESS, SCENARIOS, Options, Table
from services import send_message
from shared_node import shared_node
from usage_plan import usage_plan

SCENARIOS["plan"] = usage_plan
SCENARIOS["access"] = access
SCENARIOS["cache"] = cache
SCENARIOS["shared"] = shared_node
SCENARIOS["sqs"] = send_message
SCENARIOS["functions"] = functions
SCENARIOS["workers"] = two_workers
SCENARIOS["redeploy"] = redeploying
SCENARIOS["many"] = many_apis
SCENARIOS["bodies"] = bodies


def show(table: Table) -> None:
    print(f"\n## {table.title}\n")
    print(f"| | {table.unit} | ours ÷ it | runs |\n| --- | ---: | ---: | --- |")
    for name, values in table.rows.items():
        ratio = f"{table.ratio(name):.2f}" if "gatewright" in table.rows and name != "gatewright" else ""
        runs = " ".join(f"{value:,.1f}" for value in values)
        print(f"| {name} | {table.median(name):,.1f} | {ratio} | {runs} |")
    for text, reached in table.goals:
        print(f"- {'reached' if reached else 'MISSED'}: {text}")
    for note in table.notes:
        print(f"- {note}")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=SCENARIOS, metavar="NAME", help=f"of: {', '.join(SCENARIOS)}"
    )
    parser.add_argument(
        "--seconds", type=int, default=2, help="whole seconds of one counted load (default 2)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all contestants (default 5)")
    arguments = parser.parse_args()
    chosen = arguments.only or list(SCENARIOS)
    loads = [name for name in chosen if name not in IN_PROCESS]
    if loads and not shutil.which("wrk"):
        print("bench needs wrk: apt-get install wrk", file=sys.stderr)
        return 2
    if loads and len(os.sched_getaffinity(0)) < 2:
        print("bench needs two cores: one for the server, one for the load", file=sys.stderr)
        return 2
    print(
        "# Gatewright against its peers: one server core, wrk on another, "
        f"medians of {arguments.rounds} rounds"
    )
    missed = 0
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="gatewright-bench-") as directory:
            table = SCENARIOS[name](Options(arguments.seconds, arguments.rounds, Path(directory)))
        show(table)
        missed += sum(not reached for _, reached in table.goals)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
