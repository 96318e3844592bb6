"""What the command prints for people: the start-up block, the ready line, tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from gatewright import __version__
from gatewright.server.settings import Settings
from gatewright.state.valkey_servers import parse_servers

if TYPE_CHECKING:
    from gatewright.projects.api import CannotDeploy, Deployed
    from gatewright.projects.finding import Finding

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def serve_starting(settings: Settings) -> None:
    scheme = settings.scheme
    _block(
        f"Gatewright {__version__}",
        {
            "APIs": settings.listen.url(scheme),
            "Management": settings.management.url(scheme),
            "Data directory": str(settings.data_dir),
            **_shared_catalog(settings),
            **_shared_state(settings),
            "Credentials": f"{settings.credentials} (AWS_SHARED_CREDENTIALS_FILE)",
            "Account, region": f"{settings.account_id}, {settings.region}",
            "Workers": str(settings.workers),
            "Functions": settings.lambda_endpoint or "embedded Lambda",
        },
    )


def _shared_catalog(settings: Settings) -> dict[str, str]:
    if settings.catalog is None:
        return {}
    from gatewright.catalog.postgres_server import shown

    return {"Catalog": shown(settings.catalog)}


def _shared_state(settings: Settings) -> dict[str, str]:
    return {} if settings.valkey is None else {"State": str(parse_servers(settings.valkey))}


def serve_ready(settings: Settings) -> None:
    """The last line of a start: whoever waits for it may connect."""
    _say(f"Ready. APIs on {settings.listen.url(settings.scheme)}, stop with Ctrl-C or SIGTERM.")


def dev_starting(settings: Settings) -> None:
    url = settings.listen.url(settings.scheme)
    _block(
        f"Gatewright {__version__} for development: any credentials, this machine only",
        {
            "Endpoint": f"{url} (AWS_ENDPOINT_URL)",
            "An API's stage": f"http://{{api-id}}.execute-api.localhost:{settings.listen.port}/{{stage}}/",
            "": f"{url}/restapis/{{api-id}}/{{stage}}/_user_request_/",
            "Account, region": f"{settings.account_id}, {settings.region}",
            "Data directory": str(settings.data_dir),
        },
    )


def dev_ready(settings: Settings) -> None:
    """The last line of a start, after the project is deployed."""
    _say(f"Ready. Everything on {settings.listen.url(settings.scheme)}, stop with Ctrl-C.")


def deployed(what: Deployed, seconds: float, again: bool) -> None:
    """The URL of each stage; commands to try at the first time only."""
    for api in what.apis:
        verb = "Deployed again" if again else "Deployed"
        _say(f"{verb} in {seconds * 1000:.0f} ms: {api.name}, stage {api.stage}: {api.url}/")
    for note in what.notes:
        _say(f"  note: {note}", style="yellow")
    for hint in () if again else what.hints:
        _say(f"  {hint}")


def refused(why: CannotDeploy, again: bool) -> None:
    """Why a project was not deployed, with file and line."""
    errors.print(f"[bold red]Not deployed:[/] {escape(str(why))}", soft_wrap=True)
    served = "What was deployed before is served on" if again else "Nothing is served yet"
    errors.print(f"  {served}; save a file to try again.", soft_wrap=True)


def findings(api: str, found: Iterable[Finding]) -> None:
    listed = list(found)
    _say(f"API {api}: " + (f"{len(listed)} to look at" if listed else "nothing found"), style="bold")
    for one in listed:
        _say(f"  {one.where}: {one.what}")
        _say(f"    remedy: {one.remedy}", style="dim")


def operations(known: list[tuple[str, str, bool]]) -> None:
    """Each service's operations: those that are done first, then those that are not yet."""
    for service in dict.fromkeys(service for service, _, _ in known):
        done = [name for of, name, is_done in known if of == service and is_done]
        missing = [name for of, name, is_done in known if of == service and not is_done]
        _say(f"{service}: {len(done)} of {len(done) + len(missing)} operations are done", style="bold")
        for name in done:
            _say(f"  done     {name}")
        for name in missing:
            _say(f"  not yet  {name}", style="dim")


def lines(texts: Iterable[str]) -> None:
    for text in texts:
        _say(text)


def _block(title: str, lines: dict[str, str]) -> None:
    _say(title, style="bold")
    width = max(map(len, lines))
    for name, value in lines.items():
        _say(f"  {name:<{width}}  {value}")


def _say(text: str, style: str | None = None) -> None:
    out.print(escape(text), soft_wrap=True, style=style)
    out.file.flush()
