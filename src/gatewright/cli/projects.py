"""`gatewright deploy`, `import` and `export`: what stands in files, to a node and back."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gatewright.cli import flags, remote, show
from gatewright.cli.options import BadOptions
from gatewright.server.errors import CannotStart

if TYPE_CHECKING:
    from gatewright.projects.api import Node


def deploy(
    path: Annotated[
        Path, typer.Argument(help="An OpenAPI file, a template, or a project's directory.")
    ] = Path(),
    stage: Annotated[str | None, typer.Option(help="The stage, if not the project's.")] = None,
    variable: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A stage variable; may be repeated.")
    ] = None,
    parameter: flags.Parameter = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> None:
    """Deploy a project once: its functions as zips, its API, its usage plans.

    $ gatewright deploy examples/pets --stage prod --endpoint http://127.0.0.1:8081 --profile gatewright
    """
    from gatewright.projects.cloudformation.source import is_template
    from gatewright.projects.opening import is_project, open_project

    if not is_project(path):
        raise CannotStart(
            f"{path}: is neither a file nor a directory with a [project] table in gatewright.toml"
        )
    parameters = parameters_of(path, parameter)
    if (stage or variable) and is_template(path):
        raise BadOptions("--stage and --variable: a template says them itself; it takes --parameter")
    project = open_project(
        path,
        hot_reload=False,
        variables=_pairs("variable", variable or []),
        stage=stage,
        parameters=parameters,
    )
    with remote.node(endpoint, profile, region, config) as node:
        started = perf_counter()
        show.deployed(project.deploy(node), perf_counter() - started, again=False)


def parameters_of(path: Path | None, given: list[str] | None) -> dict[str, str]:
    """The values for a template's parameters. Raises BadOptions where there is no template."""
    from gatewright.projects.cloudformation.source import is_template

    if given and not (path and is_template(path)):
        raise BadOptions("--parameter: only a SAM or CloudFormation template has parameters")
    return _pairs("parameter", given or [])


def _pairs(option: str, given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = next((name for name, equals, _ in pairs if not (name and equals)), None)
    if wrong is not None:
        raise BadOptions(f"--{option} {wrong}: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def import_(
    file: Annotated[Path, typer.Argument(help="OpenAPI 3.0 or Swagger 2.0, YAML or JSON.")],
    api: Annotated[str | None, typer.Option(metavar="ID", help="Change this API, make none.")] = None,
    mode: Annotated[
        Literal["merge", "overwrite"],
        typer.Option(help="Of a change: keep what the file leaves out?"),
    ] = "overwrite",
    base_path: Annotated[
        Literal["ignore", "prepend", "split"], typer.Option(help="What becomes of the file's base path.")
    ] = "ignore",
    fail_on_warnings: Annotated[bool, typer.Option(help="Change nothing if there is a warning.")] = False,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> None:
    """Import an OpenAPI file, and the local files it refers to, as an API; nothing is deployed.

    $ gatewright import petstore.yaml
    $ gatewright import petstore.yaml --api a1b2c3d4e5 --mode merge
    """
    from botocore.exceptions import ClientError

    from gatewright.projects.documents import Documents
    from gatewright.projects.errors import said
    from gatewright.projects.locating import located

    with remote.node(endpoint, profile, region, config) as node:
        document = Documents().read(file)
        asked = {
            "body": document.text,
            "failOnWarnings": fail_on_warnings,
            "parameters": {"basepath": base_path},
        }
        client = node.client("apigateway")
        try:
            if api is None:
                answer = client.import_rest_api(**asked)
            else:
                answer = client.put_rest_api(restApiId=api, mode=mode, **asked)
        except ClientError as error:
            raise located(said(error), document) from None
        show.lines([f"{answer['id']}  {answer['name']}"])
        show.lines(f"  note: {warning}" for warning in answer.get("warnings", ()))


def export(
    api: Annotated[str, typer.Argument(help="The API's id.")],
    stage: Annotated[str, typer.Argument(help="The stage whose deployment is exported.")],
    version: Annotated[
        Literal["oas30", "swagger"], typer.Option(help="OpenAPI 3.0 or Swagger 2.0.")
    ] = "oas30",
    syntax: Annotated[Literal["yaml", "json"], typer.Option()] = "yaml",
    extensions: Annotated[
        str, typer.Option(help="apigateway: all of them; integrations, authorizers, … or none.")
    ] = "apigateway",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="If not to standard output.")
    ] = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    region: remote.Region = None,
    config: flags.Config = None,
) -> None:
    """Write what a stage serves as an OpenAPI document, ready to be imported again.

    $ gatewright export a1b2c3d4e5 prod > petstore.yaml
    """
    with remote.node(endpoint, profile, region, config) as node:
        text = _exported(node, api, stage, version, syntax, extensions)
    if output is None:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(text)
    except OSError as error:
        raise CannotStart(f"--output {output}: cannot be written: {error.strerror}") from error


def _exported(node: Node, api: str, stage: str, version: str, syntax: str, extensions: str) -> bytes:
    answer = node.client("apigateway").get_export(
        restApiId=api,
        stageName=stage,
        exportType=version,
        accepts=f"application/{syntax}",
        parameters={} if extensions == "none" else {"extensions": extensions},
    )
    text: bytes = answer["body"].read()
    return text
