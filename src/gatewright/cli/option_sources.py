"""Where settings come from: a flag, else a GATEWRIGHT_* variable, else gatewright.toml, else the default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gatewright.cli.options import PREFIX, BadOptions, Options
from gatewright.projects.names import FILE_NAME, PARAMETERS, TABLE
from gatewright.state.valkey_servers import parse_servers

CONFIG_VARIABLE = PREFIX + "CONFIG"
DEFAULT_FILE = Path(FILE_NAME)


class _Sources:
    """What was given where, to say in a message which of them is wrong."""

    def __init__(self, flags: Mapping[str, Any], file: Mapping[str, Any], path: Path) -> None:
        self.flags = {name: value for name, value in flags.items() if value is not None}
        self._path = path
        variables = {name for name in Options.model_fields if PREFIX + name.upper() in os.environ}
        self.file = {name: value for name, value in file.items() if name not in variables}

    def name(self, option: str) -> str:
        if option in self.flags:
            return "--" + option.removeprefix("dev_").replace("_", "-")
        return f"{option} in {self._path}" if option in self.file else PREFIX + option.upper()


def load(flags: Mapping[str, Any], config: Path | None) -> Options:
    """The settings in force. Flags that were not given are None. Raises `BadOptions`."""
    if misspelt := _misspelt(os.environ):
        raise BadOptions("\n".join(misspelt))
    path = config or Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_FILE))
    required = config is not None or CONFIG_VARIABLE in os.environ
    sources = _Sources(flags, _read(path, required), path)
    try:
        options = Options(**{**sources.file, **sources.flags})
    except ValidationError as error:
        raise BadOptions("\n".join(_explain(error, sources, path))) from error
    if (catalog := sources.flags.get("catalog")) is not None:
        refuse_postgres_password(
            "--catalog", catalog, "it in PGPASSWORD, ~/.pgpass, GATEWRIGHT_CATALOG or gatewright.toml"
        )
    if (state := sources.flags.get("state")) is not None and parse_servers(state).password is not None:
        raise _password_in("--state", "the URL in GATEWRIGHT_STATE or gatewright.toml")
    _require_together(options, "tls_cert", "tls_key")
    _require_together(options, "account_rate_limit", "account_burst_limit")
    return options


def refuse_postgres_password(flag: str, url: str, instead: str) -> None:
    """`instead` is what to give. Raises `BadOptions`, and `BadUrl` for what is no URL."""
    from gatewright.catalog.postgres_server import has_password  # large: one machine goes without

    if has_password(url):
        raise _password_in(flag, instead)


def _password_in(flag: str, instead: str) -> BadOptions:
    return BadOptions(
        f"{flag}: a password among the arguments can be read by every user of the machine: give {instead}"
    )


def _require_together(options: Options, one: str, other: str) -> None:
    if (getattr(options, one) is None) != (getattr(options, other) is None):
        flags = " and ".join("--" + name.replace("_", "-") for name in (one, other))
        raise BadOptions(f"{flags} belong together: give both, or neither")


def _misspelt(variables: Mapping[str, str]) -> list[str]:
    """What is wrong with variables that nearly name a setting. Others that begin as ours do may be somebody
    else's: Kubernetes names variables after services."""
    known = [name.upper() for name in Options.model_fields]
    problems = []
    for variable in variables:
        name = variable.removeprefix(PREFIX).upper()
        if (
            name != variable.upper()
            and name not in known
            and (near := get_close_matches(name, known, 1, 0.85))
        ):
            problems.append(f"{variable}: there is no such setting; do you mean {PREFIX}{near[0]}?")
    return problems


def _read(path: Path, required: bool) -> dict[str, Any]:
    """The settings of the file: the tables of a project beside them are for `gatewright.projects`."""
    try:
        tables = tomllib.loads(path.read_text())
        for name in (TABLE, PARAMETERS):
            tables.pop(name, None)
        return tables
    except FileNotFoundError as error:
        if not required:
            return {}
        raise BadOptions(f"--config {path}: there is no such file") from error
    except OSError as error:
        raise BadOptions(f"--config {path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadOptions(f"{path} is not valid TOML: {error}") from error


def _explain(error: ValidationError, sources: _Sources, path: Path) -> list[str]:
    problems = []
    for problem in error.errors():
        option = str(problem["loc"][0])
        if option == "principals":  # without its value, which may be a secret
            where = ".".join(map(str, problem["loc"]))
            problems.append(f"{where} in {path}: {problem['msg'].removeprefix('Value error, ')}")
        elif problem["type"] == "extra_forbidden":
            name = ".".join(map(str, problem["loc"]))
            problems.append(f"{path}: there is no setting {name!r}; `gatewright serve --help` lists them")
        else:
            reason = problem["msg"].removeprefix("Value error, ")
            entry = "".join(f", {part!r}" for part in problem["loc"][1:] if part != "[key]")
            secret = option in ("roles", "catalog", "state")  # or may hold one
            got = "" if secret else f" (got {str(problem['input'])!r})"
            problems.append(f"{sources.name(option)}{entry}: {reason}{got}")
    return problems
