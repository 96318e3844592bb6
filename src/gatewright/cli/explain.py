"""`gatewright explain`: the last requests of an API, and the story of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gatewright.cli import show, story
from gatewright.cli.node import ask_dev
from gatewright.cli.options import Options
from gatewright.server.errors import CannotStart
from gatewright.telemetry.trace_log import UNKNOWN, read_traces, select, traced_apis

OR_READ = "read what `serve` keeps with --data-dir DIR"

Trace = dict[str, Any]


def explain(
    options: Options, data_dir: Path | None, api: str | None, request: str | None, last: int, as_json: bool
) -> None:
    """Print what is asked for. `data_dir` None asks the running dev server. Raises `CannotStart`."""
    where = _where(options, data_dir)
    if api is None:
        _list_apis(_apis(options, data_dir), where)
        return
    traces = _traces(options, data_dir, api, request, last)
    if not traces:
        raise CannotStart(_nothing(api, request))
    if as_json:
        for trace in traces:
            show.out.print_json(json.dumps(trace))
    elif request is None:
        show.lines(story.heading(trace) for trace in reversed(traces))
        newest = traces[0]["requestId"][:8]
        show.lines([f"gatewright explain {api} {newest}{where}   tells the last one's story"])
    else:
        for trace in traces:
            show.lines([story.heading(trace), *story.tell(trace)])


def _where(options: Options, data_dir: Path | None) -> str:
    """The flag that a command to copy needs, where it needs one."""
    if data_dir is not None:
        return f" --data-dir {data_dir}"
    usual = options.dev_listen == Options.model_fields["dev_listen"].default
    return "" if usual else f" --listen {options.dev_listen}"


def _list_apis(apis: Iterable[str], where: str) -> None:
    known = list(apis)
    if not known:
        raise CannotStart(
            "no request was traced yet; `gatewright dev` traces every one, "
            "`gatewright serve` those of stages tagged gatewright:trace=on"
        )
    show.lines(f"gatewright explain {api}{where}" for api in known)


def _nothing(api: str, request: str | None) -> str:
    if request is not None:
        return f"API {api} has no traced request {request}; `gatewright explain {api}` lists those it has"
    return (
        f"API {api} has no traced request; `gatewright dev` traces every one, `gatewright serve` those of "
        "stages tagged gatewright:trace=on. `gatewright explain` lists the APIs that have some; requests to "
        f"APIs that there are none of are under {UNKNOWN}"
    )


def _apis(options: Options, data_dir: Path | None) -> list[str]:
    if data_dir is not None:
        return traced_apis(data_dir)
    found: list[str] = ask_dev(options, "traces", {}, OR_READ)["apis"]
    return found


def _traces(options: Options, data_dir: Path | None, api: str, request: str | None, last: int) -> list[Trace]:
    if data_dir is not None:
        return select(read_traces(data_dir, api), request, last)
    asked = {"api": api, "last": str(last)} | ({} if request is None else {"request": request})
    found: list[Trace] = ask_dev(options, "traces", asked, OR_READ)["traces"]
    return found
