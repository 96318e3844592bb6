"""Which kind of project a path is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gatewright.projects.api import Project
from gatewright.projects.cloudformation.project import CloudFormationProject
from gatewright.projects.cloudformation.source import is_template
from gatewright.projects.configuration import has_project
from gatewright.projects.directory import DirectoryProject
from gatewright.projects.openapi_file import STAGE, OpenApiFile


def is_project(path: Path) -> bool:
    """Whether there is a project that Gatewright deploys by itself."""
    return path.is_file() or has_project(path)


def open_project(
    path: Path,
    *,
    hot_reload: bool,
    variables: Mapping[str, str],
    stage: str | None = None,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Project:
    """`hot_reload`: the node runs on this machine and may run functions from their directories. `variables`
    are stage variables that win over the project's own, as `stage` wins over its stage. `parameters` are a
    template's, which has no use for the other two."""
    if is_template(path):
        return CloudFormationProject(path, parameters, hot_reload=hot_reload)
    if path.is_file():
        return OpenApiFile(path, stage or STAGE, variables)
    return DirectoryProject(path, hot_reload=hot_reload, variables=variables, stage=stage)
