"""A directory with a `gatewright.toml` as a project: an OpenAPI file, functions, usage plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError

from gatewright.projects.api import Deployed, Node
from gatewright.projects.configuration import read_configuration
from gatewright.projects.documents import Documents
from gatewright.projects.functions import Functions
from gatewright.projects.names import FILE_NAME
from gatewright.projects.openapi_file import Api, Stage, served, unreachable
from gatewright.projects.usage_plans import UsagePlans


class DirectoryProject:
    """`variables` are stage variables beside those of the file; they win over it, as `stage` does."""

    def __init__(
        self, directory: Path, *, hot_reload: bool, variables: Mapping[str, str], stage: str | None = None
    ) -> None:
        self._file = directory / FILE_NAME
        self._hot_reload = hot_reload
        self._variables = dict(variables)
        self._stage = stage
        self._functions = Functions(hot_reload=hot_reload)
        self._api = Api()
        self._plans = UsagePlans()
        self._documents = Documents()
        self._code: tuple[Path, ...] = ()

    def watched(self) -> Iterable[Path]:
        """The code too, unless the node follows it itself."""
        return (self._file, *self._documents.files, *(() if self._hot_reload else self._code))

    def deploy(self, node: Node) -> Deployed:
        """Functions, then the API, then what is not deployed with it: a refusal leaves the later ones out."""
        configuration = read_configuration(self._file, self._stage)
        project = configuration.project
        self._code = tuple(configuration.directory / one.directory for one in project.functions.values())
        document = self._documents.read(configuration.directory / project.openapi)
        stage = Stage(configuration.api, project.stage, {**project.stage_variables, **self._variables})
        try:
            self._functions.deploy(node, configuration)
            notes = self._api.deploy(node, document, stage)
            self._plans.deploy(node, configuration)
        except BotoCoreError as error:
            raise unreachable(error, self._file) from None
        api = served(node, stage)
        hints = tuple(hint.replace("{url}", api.url) for hint in project.hints)
        return Deployed((api,), notes, hints)
