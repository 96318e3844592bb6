"""What the owner decides. Read by the command, handed to every process as one JSON document."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gatewright.gateway.issuers import Place
from gatewright.gateway.load_balancers import LoadBalancer
from gatewright.gateway.services import RoleKeys, ServiceSettings
from gatewright.gateway.settings import Tracing
from gatewright.server.address import Address

# Whose tokens the built-in test issuer signs: nobody's, those mapped to it, or also all that are not mapped.
TestIssuer = Literal["off", "mapped", "unmapped"]


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Amazon's limits unless the owner raises them; the connection bounds are ours."""

    body_bytes: int = 10_485_760
    header_bytes: int = 10_240
    connections: int = 10_000  # open at once in one worker
    header_timeout: float = 30.0
    body_timeout: float = 60.0
    idle_timeout: float = 310.0
    integration_timeout_ms: int = 29_000
    account_rate: float | None = None  # requests a second over all APIs of an account and region
    account_burst: int | None = None
    function_instances: int = 256  # processes that run functions, of one worker
    function_idle_timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class StateSizes:
    """How much the shared state may hold; the files take this much of the disk from the start."""

    counters_bytes: int = 128 * 2**20
    policies_bytes: int = 64 * 2**20
    responses_bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How stages cache responses, where they do."""

    join_misses: bool = True  # whether requests for the same entry wait for one that is under way
    key_lifetime: float = 86_400.0  # seconds that one key encrypts


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the processes of one node share."""

    data_dir: Path
    listen: Address = Address("0.0.0.0", 8080)
    management: Address = Address("127.0.0.1", 8081)
    workers: int = 1
    region: str = "us-east-1"
    account_id: str = "000000000000"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy_protocol: bool = False
    backend_ca_bundle: Path | None = None  # authorities (PEM) that backends' certificates may come from too
    tracing: Tracing = "tagged"
    lambda_endpoint: str | None = None  # None: functions run here, in the embedded Lambda
    issuers: Mapping[str, Place] = field(default_factory=dict)  # by user pool ARN or issuer
    issuer_keys_lifetime: float = 3_600.0  # seconds
    issuer_refetch_floor: float = 5.0
    test_issuer: TestIssuer = "off"
    # Where AWS services are, and whose keys sign; with secrets.
    services: ServiceSettings = field(default_factory=ServiceSettings, repr=False)
    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)  # by ARN; what VPC links lead to
    openapi_strict: bool = False  # an import takes what Amazon takes: OpenAPI 3.0, not 3.1
    drain_timeout: float = 30.0  # seconds given to requests in flight when a process stops
    drain_delay: float = 0.0  # seconds of serving on with health 503 before the listeners stop
    # The PostgreSQL that all nodes share, perhaps with a password; None: SQLite in the data directory.
    catalog: str | None = field(default=None, repr=False)
    limits: Limits = Limits()
    state: StateSizes = StateSizes()
    cache: CacheSettings = CacheSettings()
    valkey: str | None = field(default=None, repr=False)  # where the state is instead; may hold a password
    # Callers of APIs, each {"key": …, "principal": …}, documents as `catalog.keys` has them; with secrets.
    principals: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def scheme(self) -> str:
        return "https" if self.tls_cert else "http"

    @property
    def run_dir(self) -> Path:
        """What belongs to the running processes only: the lock, the metrics."""
        return self.data_dir / "run"

    @property
    def credentials(self) -> Path:
        return self.data_dir / "credentials"

    def at(self, listen: Address, management: Address) -> Settings:
        """The same with the addresses that were really bound."""
        return replace(self, listen=listen, management=management)

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        values: dict[str, Any] = json.loads(text)
        for name in ("listen", "management"):
            values[name] = Address(**values[name])
        for name in ("data_dir", "tls_cert", "tls_key", "backend_ca_bundle"):
            values[name] = None if values[name] is None else Path(values[name])
        values["issuers"] = {name: Place(**place) for name, place in values["issuers"].items()}
        services = values["services"]
        services["roles"] = {role: RoleKeys(**keys) for role, keys in services["roles"].items()}
        values["services"] = ServiceSettings(**services)
        values["load_balancers"] = {
            arn: LoadBalancer.read(found) for arn, found in values["load_balancers"].items()
        }
        values["limits"] = Limits(**values["limits"])
        values["state"] = StateSizes(**values["state"])
        values["cache"] = CacheSettings(**values["cache"])
        values["principals"] = tuple(values["principals"])
        return cls(**values)


# Read once, when the sockets are opened and the processes counted.
FIXED_AT_START = ("data_dir", "catalog", "listen", "management", "workers")


def reloaded(running: Settings, read: Settings) -> tuple[Settings, list[str]]:
    """The settings to go on with after a reload, and the names of those that wait for a restart.

    A port given as 0 was bound to a free one at the start, which is no change.
    """
    waiting = [name for name in FIXED_AT_START if not _same(getattr(running, name), getattr(read, name))]
    kept = {name: getattr(running, name) for name in FIXED_AT_START}
    return replace(read, **kept), waiting


def _same(running: object, read: object) -> bool:
    if isinstance(running, Address) and isinstance(read, Address) and read.port == 0:
        return running.host == read.host
    return running == read
