"""The `[project]` tables of a `gatewright.toml`: what `gatewright dev` and `gatewright deploy` read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gatewright.projects.api import CannotDeploy
from gatewright.projects.names import FILE_NAME, TABLE
from gatewright.projects.toml_lines import line_of

FILE_BYTES = 1_048_576
RUNTIME = "python3.12"  # any python3.* runs on the interpreter that runs Gatewright

_NO_LABEL = re.compile(r"[^a-zA-Z0-9_-]+")
_FUNCTION = r"^[a-zA-Z0-9_-]{1,64}$"


def _inside(path: Path) -> Path:
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("must lie in the project's directory: a relative path without '..'")
    return path


Inside = Annotated[Path, AfterValidator(_inside)]
Label = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,63}$")]

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
VariableValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ._:/?&=,~#-]{0,512}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Function(_Table):
    """One function; its name is what integration URIs name."""

    directory: Inside
    handler: str
    runtime: str = RUNTIME
    timeout: int = 3  # seconds
    memory: int = 128  # MB
    environment: dict[str, str] = {}


class Throttle(_Table):
    rate: float
    burst: int


class Quota(_Table):
    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]


class UsagePlan(_Table):
    """A plan for the project's stage, and the API keys in it: their names and values."""

    throttle: Throttle | None = None
    quota: Quota | None = None
    keys: dict[str, str] = {}


class ProjectTable(_Table):
    openapi: Inside
    name: Label | None = None
    stage: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")] = "dev"
    stage_variables: dict[VariableName, VariableValue] = {}
    environment: dict[str, str] = {}
    functions: dict[Annotated[str, Field(pattern=_FUNCTION)], Function] = {}
    usage_plans: dict[str, UsagePlan] = {}
    hints: list[str] = []


@dataclass(frozen=True, slots=True)
class Configuration:
    """The file as read; `line_of` places a complaint about one of its keys."""

    file: Path
    text: str
    project: ProjectTable

    @property
    def directory(self) -> Path:
        return self.file.parent

    @property
    def api(self) -> str:
        """The API's id and name."""
        return self.project.name or label(self.file.absolute().parent.name)

    def refuse(self, message: str, *path: str) -> CannotDeploy:
        return CannotDeploy(message, self.file, line_of(self.text, (TABLE, *path)))


def label(text: str) -> str:
    """`text` as an API's id may be: a label of a host name."""
    return _NO_LABEL.sub("-", text).strip("-")[:63] or "api"


def has_project(directory: Path) -> bool:
    """Whether there is a gatewright.toml with a `[project]` table, or one that cannot be read."""
    file = directory / FILE_NAME
    try:
        return TABLE in tomllib.loads(_text(file))
    except CannotDeploy:
        return file.exists()
    except tomllib.TOMLDecodeError:
        return True


def read_configuration(file: Path, stage: str | None = None) -> Configuration:
    """`stage` is taken instead of the file's. Raises CannotDeploy with the line."""
    text = _text(file)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotDeploy(f"it is no valid TOML: {error}", file, _line_in(str(error))) from None
    if not isinstance(tables.get(TABLE), dict):
        raise CannotDeploy(f"it has no [{TABLE}] table, which names the OpenAPI file: openapi = FILE", file)
    table = tables[TABLE] | ({} if stage is None else {"stage": stage})
    try:
        return Configuration(file, text, ProjectTable.model_validate(table))
    except ValidationError as error:
        raise _explained(error, file, text) from None


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise CannotDeploy(f"it has more than {FILE_BYTES} bytes", file)
        return content.decode()
    except OSError as error:
        raise CannotDeploy(f"it cannot be read: {error.strerror}", file) from None
    except UnicodeDecodeError:
        raise CannotDeploy("it is no UTF-8 text", file) from None


def _line_in(message: str) -> int | None:
    found = re.search(r"\(at line (\d+),", message)
    return int(found[1]) if found else None


def _explained(error: ValidationError, file: Path, text: str) -> CannotDeploy:
    """All that is wrong; keys that there are none of first, for they are why others are missing."""
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    reasons = []
    for problem in problems:
        where = tuple(str(part) for part in problem["loc"] if part != "[key]")
        reasons.append(CannotDeploy(_message(problem, where), file, line_of(text, (TABLE, *where))))
    return CannotDeploy.for_all(reasons)


def _message(problem: Any, where: tuple[str, ...]) -> str:
    key = ".".join((TABLE, *where))
    if problem["type"] == "extra_forbidden":
        table = _table_at(where[:-1])
        return f"there is no key {key}; there are {', '.join(table.model_fields)}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')} (got {str(problem['input'])[:80]!r})"


def _table_at(where: tuple[str, ...]) -> type[_Table]:
    """Which table a path leads to."""
    match where:
        case ("functions", _):
            return Function
        case ("usage_plans", _):
            return UsagePlan
        case ("usage_plans", _, "throttle"):
            return Throttle
        case ("usage_plans", _, "quota"):
            return Quota
        case _:
            return ProjectTable
