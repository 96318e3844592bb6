"""What every kind of project has in common: where it is deployed, what came of it, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import botocore.session
from botocore.config import Config

ANY_KEY = "dev"  # and its secret


class CannotDeploy(Exception):
    """Why a project was not deployed. `str` gives `file:line: message`."""

    def __init__(self, message: str, file: Path, line: int | None = None) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.message, self.file, self.line = message, file, line

    @classmethod
    def for_all(cls, reasons: Sequence[CannotDeploy]) -> CannotDeploy:
        """One refusal for all reasons, each on a line of its own."""
        first, *more = reasons
        return cls("\n".join((first.message, *map(str, more))), first.file, first.line)


def session_of(profile: str | None) -> botocore.session.Session:
    """The AWS configuration of this machine. Raises botocore's ProfileNotFound."""
    session = botocore.session.Session(profile=profile)
    # Only a machine of Amazon's has such a service, and all others wait for it.
    session.get_component("credential_provider").remove("iam-role")
    return session


@dataclass(frozen=True, slots=True)
class Node:
    """A running Gatewright: its management endpoint, the URL of its APIs, and whose it is."""

    endpoint: str
    data: str
    region: str
    account: str
    profile: str | None = None  # of the AWS configuration files
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """A botocore client, the same one for each call; it asks once. Its keys are those an AWS SDK would
        find on this machine, else `dev`, which only `gatewright dev` accepts."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def close(self) -> None:
        """Close the clients' connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _new_client(self, service: str) -> Any:
        session = session_of(self.profile)
        keys = None if session.get_credentials() else ANY_KEY
        return session.create_client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=keys,
            aws_secret_access_key=keys,
            config=Config(retries={"total_max_attempts": 1}),
        )


@dataclass(frozen=True, slots=True)
class DeployedApi:
    """One API of a project, and the URL of its stage."""

    api_id: str
    name: str
    stage: str
    url: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment led to. `notes` are warnings to print, `hints` are commands that work now."""

    apis: tuple[DeployedApi, ...]
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


class Project(Protocol):
    def watched(self) -> Iterable[Path]:
        """The files and directories whose change means: deploy again."""

    def deploy(self, node: Node) -> Deployed:
        """Bring the node to what the files say: again and again, with the same ids each time.

        Raises CannotDeploy, and then leaves alone what is served.
        """
