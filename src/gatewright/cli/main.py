"""`gatewright`: reads the flags, runs the command, turns failures into one line and an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gatewright import __version__
from gatewright.cli import asking, canary, checkup, flags, policy, principals, projects, show, vtl
from gatewright.cli.examples import EXAMPLES
from gatewright.cli.option_sources import CONFIG_VARIABLE, DEFAULT_FILE, load
from gatewright.cli.options import BadOptions, Options
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings

FAILED, MISUSED = 1, 2  # exit codes

app = typer.Typer(
    help=EXAMPLES,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(vtl.app, name="vtl")
app.add_typer(principals.app, name="principals")
app.add_typer(policy.app, name="policy")
app.add_typer(canary.app, name="canary")


@app.command()
def serve(
    context: typer.Context,
    config: flags.Config = None,
    data_dir: flags.DataDir = None,
    catalog: flags.Catalog = None,
    state: flags.State = None,
    listen: flags.Listen = None,
    management: flags.Management = None,
    workers: flags.Workers = None,
    region: flags.Region = None,
    account_id: flags.AccountId = None,
    lambda_endpoint: flags.LambdaEndpoint = None,
    tls_cert: flags.TlsCert = None,
    tls_key: flags.TlsKey = None,
    proxy_protocol: flags.ProxyProtocol = None,
    backend_ca_bundle: flags.BackendCaBundle = None,
    tracing: flags.Tracing = None,
    drain_timeout: flags.DrainTimeout = None,
    drain_delay: flags.DrainDelay = None,
    openapi_strict: flags.OpenapiStrict = None,
    max_body_bytes: flags.MaxBodyBytes = None,
    max_header_bytes: flags.MaxHeaderBytes = None,
    max_connections: flags.MaxConnections = None,
    max_integration_timeout_ms: flags.MaxIntegrationTimeout = None,
    header_timeout: flags.HeaderTimeout = None,
    body_timeout: flags.BodyTimeout = None,
    idle_timeout: flags.IdleTimeout = None,
    account_rate_limit: flags.AccountRateLimit = None,
    account_burst_limit: flags.AccountBurstLimit = None,
    max_function_instances: flags.MaxFunctionInstances = None,
    function_idle_timeout: flags.FunctionIdleTimeout = None,
    state_counters_bytes: flags.StateCountersBytes = None,
    state_policies_bytes: flags.StatePoliciesBytes = None,
    state_responses_bytes: flags.StateResponsesBytes = None,
    join_cache_misses: flags.JoinCacheMisses = None,
    cache_key_lifetime: flags.CacheKeyLifetime = None,
) -> None:
    """Serve APIs in production: worker processes, signed management, nothing lost on a reload.

    SIGTERM drains and ends; SIGHUP replaces every process one by one and reads the settings again.
    """
    from gatewright.server.log import configure_logging
    from gatewright.server.supervisor import Owner, supervise

    def read() -> Settings:
        return _options(context, config).for_serve()

    configure_logging("supervisor")
    supervise(read(), Owner(reread=read, starting=show.serve_starting, ready=show.serve_ready))


@app.command()
def dev(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A project: an OpenAPI file, a SAM or CloudFormation template, or a directory with a "
            "gatewright.toml that names an OpenAPI file.",
            show_default=False,
        ),
    ] = None,
    parameter: flags.Parameter = None,
    config: flags.Config = None,
    listen: flags.DevListen = None,
    data_dir: flags.DevDataDir = None,
    region: flags.Region = None,
    account_id: flags.AccountId = None,
    lambda_endpoint: flags.LambdaEndpoint = None,
    backend_ca_bundle: flags.BackendCaBundle = None,
    tracing: flags.Tracing = None,
    openapi_strict: flags.OpenapiStrict = None,
    max_body_bytes: flags.MaxBodyBytes = None,
    max_integration_timeout_ms: flags.MaxIntegrationTimeout = None,
    account_rate_limit: flags.AccountRateLimit = None,
    account_burst_limit: flags.AccountBurstLimit = None,
) -> None:
    """Develop: one process, any credentials, loopback only, everything on one port.

    Starts clean each time, unless --data-dir says where to keep things. A project is deployed, and again each
    time that one of its files is saved; what cannot be deployed is told with file and line, and what was
    deployed before is served on.
    """
    from gatewright.server.dev import Print, develop
    from gatewright.server.log import configure_logging
    from gatewright.server.project import Project
    from gatewright.server.redeploying import Tell

    options = _options(context, config or _settings_of(path))
    parameters = projects.parameters_of(path, parameter)
    project = Project.at(path, parameters) if path else None
    configure_logging("dev")
    with _dev_directory(options) as directory:
        attempts = Tell(show.deployed, show.refused)
        develop(options.for_dev(directory), project, Print(show.dev_starting, show.dev_ready, attempts))


app.command("deploy")(projects.deploy)
app.command("import")(projects.import_)
app.command("export")(projects.export)
app.command("diff")(checkup.diff)
app.command("doctor")(checkup.doctor)
app.command("explain")(asking.explain)


@app.command()
def health(
    context: typer.Context,
    config: flags.Config = None,
    listen: flags.Listen = None,
    tls_cert: flags.TlsCert = None,
    tls_key: flags.TlsKey = None,
    proxy_protocol: flags.ProxyProtocol = None,
) -> int:
    """Ask the node on this machine whether it is well: exit code 0 if it serves. Takes serve's settings."""
    from gatewright.server.health import Unwell, check_health

    try:
        check_health(_options(context, config).for_serve())
    except Unwell as error:
        return _fail(FAILED, str(error))
    return 0


app.command("token")(asking.token)


@app.command()
def migrate(
    source: Annotated[
        str, typer.Option("--from", metavar="DIR|URL", help="What is copied; it is left as it is.")
    ],
    target: Annotated[str, typer.Option("--to", metavar="URL|DIR", help="Where to. Must be empty.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove what the target holds.")] = False,
) -> None:
    """Copy a catalog: from a data directory (SQLite) to PostgreSQL, or back.

    All accounts, regions and function code go over in one transaction and are compared. A password is given
    in PGPASSWORD or ~/.pgpass.

      $ gatewright migrate --from /var/lib/gatewright --to postgresql://gatewright@db/gatewright
    """
    from gatewright.cli.migrate import migrate as copy

    copy(source, target, replace)


@app.command()
def operations() -> None:
    """List the management operations that are done, service by service."""
    from gatewright.control.operations import list_operations

    show.operations(list_operations())


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"gatewright {__version__}")


def _options(context: typer.Context, config: Path | None) -> Options:
    names = {"listen": "dev_listen", "data_dir": "dev_data_dir"} if context.info_name == "dev" else {}
    given = {names.get(name, name): value for name, value in context.params.items()}
    return load({name: value for name, value in given.items() if name in Options.model_fields}, config)


def _settings_of(project: Path | None) -> Path | None:
    """A project's gatewright.toml holds settings too, unless GATEWRIGHT_CONFIG names other ones."""
    if project is None or CONFIG_VARIABLE in os.environ:
        return None
    file = project / DEFAULT_FILE
    return file if file.is_file() else None


@contextmanager
def _dev_directory(options: Options) -> Iterator[Path]:
    if options.dev_data_dir is not None:
        yield options.dev_data_dir
        return
    with tempfile.TemporaryDirectory(prefix="gatewright-dev-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def main() -> None:
    """The entry point of the `gatewright` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code."""
    try:
        result = app(arguments, standalone_mode=False, prog_name="gatewright")
    except BadOptions as error:
        return _fail(MISUSED, str(error))
    except typer.TyperException as error:
        said = error.format_message()  # nothing where the help was printed instead
        return _fail(MISUSED, f"{said} (see gatewright --help)" if said else "")
    except CannotStart as error:
        return _fail(FAILED, str(error))
    except (typer.Abort, KeyboardInterrupt):
        return 128 + 2
    return result if isinstance(result, int) else 0


def _fail(code: int, message: str) -> int:
    for line in message.splitlines():
        show.errors.print(f"[bold red]gatewright:[/] {escape(line)}", soft_wrap=True)
    return code
