"""A supervisor with stand-in children: settings as JSON, then the workers' module.

A reload reads the settings from the file named in the third argument.
"""

import sys
from pathlib import Path

from gatewright.server.errors import CannotStart
from gatewright.server.log import configure_logging
from gatewright.server.settings import Settings
from gatewright.server.supervisor import Modules, Owner, supervise

STANDINS = "tests.support.standins."


def _reread() -> Settings:
    return Settings.from_json(Path(sys.argv[3]).read_text())


def _ready(settings: Settings) -> None:
    print(f"ready {settings.listen.port} {settings.management.port}", flush=True)


if __name__ == "__main__":
    configure_logging("supervisor")
    owner = Owner(reread=_reread, starting=lambda _: None, ready=_ready)
    try:
        supervise(
            Settings.from_json(sys.argv[1]), owner, Modules(STANDINS + sys.argv[2], STANDINS + "echo_child")
        )
    except CannotStart as error:
        sys.exit(f"cannot start: {error}")
