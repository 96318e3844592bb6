"""The flags of `serve` and `dev`. Values stay text: `options.load` checks them, wherever they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape


def _flag(name: str, metavar: str, text: str, panel: str) -> Any:
    return typer.Option(
        f"--{name}", metavar=metavar, help=escape(text), rich_help_panel=panel, show_default=False
    )


WHERE, WHO, TRAFFIC, LIMITS = "Where", "Whose", "Traffic", "Limits (Amazon's by default)"

Config = Annotated[
    Path | None, _flag("config", "FILE", "Settings file. [gatewright.toml here, if there is one]", WHERE)
]
DataDir = Annotated[
    str | None, _flag("data-dir", "DIR", "Everything is kept here. [./gatewright-data]", WHERE)
]
Catalog = Annotated[
    str | None,
    _flag("catalog", "URL", "PostgreSQL that many nodes share. [SQLite in the data directory]", WHERE),
]
DevDataDir = Annotated[
    str | None,
    _flag("data-dir", "DIR", "Keep everything here. [a temporary directory, removed at the end]", WHERE),
]
TracesDir = Annotated[
    str | None,
    _flag("data-dir", "DIR", "Read the traces that `serve` keeps there. [ask the running dev]", WHERE),
]
TestIssuerDir = Annotated[
    str | None,
    _flag(
        "data-dir", "DIR", "Sign with the key of the `serve` that runs there. [ask the running dev]", WHERE
    ),
]
State = Annotated[
    str | None,
    _flag("state", "URL", "Valkey that many nodes share. [files in the data directory]", WHERE),
]
Listen = Annotated[str | None, _flag("listen", "HOST:PORT", "Where APIs are served. [0.0.0.0:8080]", WHERE)]
DevListen = Annotated[
    str | None, _flag("listen", "HOST:PORT", "Loopback address for everything. [127.0.0.1:4566]", WHERE)
]
Management = Annotated[
    str | None, _flag("management", "HOST:PORT", "Where boto3, the CLI… connect. [127.0.0.1:8081]", WHERE)
]
Workers = Annotated[str | None, _flag("workers", "N", "Worker processes. [one a core]", WHERE)]
Region = Annotated[
    str | None, _flag("region", "REGION", "Region, where a request names none. [us-east-1]", WHO)
]
AccountId = Annotated[
    str | None, _flag("account-id", "ID", "Account of this node, 12 digits. [000000000000]", WHO)
]
LambdaEndpoint = Annotated[
    str | None,
    _flag("lambda-endpoint", "URL", "Invoke functions there. [the embedded Lambda runs them here]", WHO),
]
TlsCert = Annotated[
    str | None, _flag("tls-cert", "FILE", "Certificate chain (PEM), both listeners.", TRAFFIC)
]
TlsKey = Annotated[str | None, _flag("tls-key", "FILE", "Its private key (PEM).", TRAFFIC)]
ProxyProtocol = Annotated[
    bool | None,
    typer.Option(
        "--proxy-protocol/--no-proxy-protocol",
        help=escape("Expect a PROXY protocol v1 or v2 header on the data port. [no]"),
        rich_help_panel=TRAFFIC,
        show_default=False,
    ),
]
BackendCaBundle = Annotated[
    str | None,
    _flag("backend-ca-bundle", "FILE", "Authorities (PEM) that backends may be certified by too.", TRAFFIC),
]
Tracing = Annotated[
    str | None,
    _flag(
        "tracing",
        "WHICH",
        "Requests that explain tells of: of stages tagged gatewright:trace=on; also with header "
        "X-Gatewright-Trace (if only trusted clients connect); or all. [tagged; dev: all]",
        TRAFFIC,
    ),
]
DrainTimeout = Annotated[
    str | None, _flag("drain-timeout", "SECONDS", "For requests in flight when it stops. [30]", TRAFFIC)
]
DrainDelay = Annotated[
    str | None,
    _flag("drain-delay", "SECONDS", "Serve on with health 503 before the listeners close. [0]", TRAFFIC),
]
OpenapiStrict = Annotated[
    bool | None,
    typer.Option(
        "--openapi-strict/--no-openapi-strict",
        help=escape("Refuse imports of OpenAPI 3.1, as Amazon does. [no: report what Amazon would refuse]"),
        rich_help_panel=LIMITS,
        show_default=False,
    ),
]
MaxBodyBytes = Annotated[str | None, _flag("max-body-bytes", "N", "Request body. [10485760]", LIMITS)]
MaxHeaderBytes = Annotated[str | None, _flag("max-header-bytes", "N", "All request headers. [10240]", LIMITS)]
MaxConnections = Annotated[
    str | None, _flag("max-connections", "N", "Open at once in one worker. [10000]", LIMITS)
]
MaxIntegrationTimeout = Annotated[
    str | None,
    _flag("max-integration-timeout-ms", "MS", "Most an integration may ask for. [29000]", LIMITS),
]
HeaderTimeout = Annotated[
    str | None, _flag("header-timeout", "SECONDS", "To receive a request's headers. [30]", LIMITS)
]
BodyTimeout = Annotated[str | None, _flag("body-timeout", "SECONDS", "To receive its body. [60]", LIMITS)]
IdleTimeout = Annotated[
    str | None, _flag("idle-timeout", "SECONDS", "A quiet kept connection. [310]", LIMITS)
]
MaxFunctionInstances = Annotated[
    str | None,
    _flag("max-function-instances", "N", "Processes that run functions, of one worker. [256]", LIMITS),
]
FunctionIdleTimeout = Annotated[
    str | None, _flag("function-idle-timeout", "SECONDS", "One of them without work. [300]", LIMITS)
]
AccountRateLimit = Annotated[
    str | None,
    _flag(
        "account-rate-limit", "N", "Requests a second, over all APIs of an account and region. [none]", LIMITS
    ),
]
AccountBurstLimit = Annotated[
    str | None, _flag("account-burst-limit", "N", "Requests at once, above that rate. [none]", LIMITS)
]
StateCountersBytes = Annotated[
    str | None,
    _flag("state-counters-bytes", "N", "Disk for token buckets and usage counts. [134217728]", LIMITS),
]
StatePoliciesBytes = Annotated[
    str | None, _flag("state-policies-bytes", "N", "Disk for cached authorizer policies. [67108864]", LIMITS)
]
StateResponsesBytes = Annotated[
    str | None, _flag("state-responses-bytes", "N", "Disk for cached responses. [268435456]", LIMITS)
]
JoinCacheMisses = Annotated[
    bool | None,
    typer.Option(
        "--join-cache-misses/--no-join-cache-misses",
        help=escape("Whether requests for the same cached response wait for one that is under way. [yes]"),
        rich_help_panel=LIMITS,
        show_default=False,
    ),
]
CacheKeyLifetime = Annotated[
    str | None,
    _flag("cache-key-lifetime", "SECONDS", "How long one key encrypts cached responses. [86400]", LIMITS),
]

Parameter = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="A template's parameter; may be repeated.", show_default=False),
]
