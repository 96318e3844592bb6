"""The peers: each started with the plainest configuration that does the same job, one worker, one core."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SERVER_CPU = "0"
READY_SECONDS = 30.0
BODY = '{"ok": true}'
_TYPES = "type.googleapis.com/envoy.extensions.filters"
_CACHES = "type.googleapis.com/envoy.extensions.http.cache"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not listen on {port} within {READY_SECONDS:g} s")


@contextlib.contextmanager
def running(
    command: list[str], port: int, *, cpu: str, cwd: Path, env: dict[str, str] | None = None
) -> Iterator[int]:
    """A process pinned to `cpu`, listening on `port`; ended with its whole group."""
    with open(cwd / f"{Path(command[0]).name}.log", "wb") as log:
        process = subprocess.Popen(
            ["taskset", "-c", cpu, *command],
            cwd=cwd,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
    try:
        wait_for_port(port, process)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tool(name: str) -> str | None:
    """A peer's executable: beside this interpreter, or on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or shutil.which(name, path="/usr/sbin")


Started = contextlib.AbstractContextManager[int]
Peer = Callable[
    [Path, int, "int | None"], Started
]  # (directory, port, backend port or None for a static answer)


def nginx(
    directory: Path,
    port: int,
    backend: int | None,
    *,
    cpu: str = SERVER_CPU,
    files: Path | None = None,
    expires: str = "off",
) -> Started:
    """`expires` says how long a static answer may be cached."""
    if files is not None:
        action = f"location / {{ root {files}; }}"
    elif backend is None:
        action = f"location / {{ expires {expires}; default_type application/json; return 200 '{BODY}'; }}"
    else:
        action = (
            "location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ''; "
            "proxy_buffering on; }"
        )
    upstream = f"upstream backend {{ server 127.0.0.1:{backend}; keepalive 128; }}" if backend else ""
    (directory / f"nginx-{port}.conf").write_text(
        f"daemon off; user {getpass.getuser()}; worker_processes 1; "
        f"pid {directory}/nginx-{port}.pid; error_log stderr error;"
        "events { worker_connections 4096; }"
        "http { access_log off; keepalive_requests 1000000000; client_max_body_size 20m; "
        f"client_body_buffer_size 2m; {upstream} server {{ listen 127.0.0.1:{port}; {action} }} }}"
    )
    command = [tool("nginx") or "nginx", "-p", str(directory), "-c", str(directory / f"nginx-{port}.conf")]
    return running(command, port, cpu=cpu, cwd=directory)


def envoy(
    directory: Path, port: int, backend: int | None, guards: Sequence[dict[str, object]] = ()
) -> Started:
    """`guards` are HTTP filters before the router."""
    action: dict[str, object] = (
        {"direct_response": {"status": 200, "body": {"inline_string": BODY}}}
        if backend is None
        else {"route": {"cluster": "backend", "timeout": "29s"}}
    )
    manager = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "generate_request_id": True,
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, **action}]}
            ]
        },
        "http_filters": [
            *guards,
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"},
            },
        ],
    }
    cluster = {
        "name": "backend",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": "backend",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(backend or 1)}}]}],
        },
    }
    listener = {
        "address": _address(port),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    config = {"static_resources": {"listeners": [listener], "clusters": [cluster]}}
    (directory / "envoy.json").write_text(json.dumps(config))
    command = [
        tool("envoy") or "envoy",
        "-c",
        str(directory / "envoy.json"),
        "--concurrency",
        "1",
        "-l",
        "error",
    ]
    return running([*command, "--disable-hot-restart"], port, cpu=SERVER_CPU, cwd=directory)


def envoy_jwt(issuer: str, jwks: str) -> dict[str, object]:
    provider = {"issuer": issuer, "local_jwks": {"inline_string": jwks}}
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{_TYPES}.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"issuer": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "issuer"}}],
        },
    }


def envoy_rate_limit(tokens: int) -> dict[str, object]:
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": f"{_TYPES}.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "bench",
            "token_bucket": {"max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": "1s"},
            "filter_enabled": always,
            "filter_enforced": always,
        },
    }


def envoy_cache() -> dict[str, object]:
    """In Envoy's memory; what may be kept is the backend's word."""
    return {
        "name": "envoy.filters.http.cache",
        "typed_config": {
            "@type": f"{_TYPES}.http.cache.v3.CacheConfig",
            "typed_config": {"@type": f"{_CACHES}.simple_http_cache.v3.SimpleHttpCacheConfig"},
        },
    }


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def caddy(directory: Path, port: int, backend: int | None) -> Started:
    action = f"respond `{BODY}` 200" if backend is None else f"reverse_proxy 127.0.0.1:{backend}"
    (directory / "Caddyfile").write_text(
        "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n"
        f"http://127.0.0.1:{port} {{\n\t{action}\n}}\n"
    )
    command = [
        tool("caddy") or "caddy",
        "run",
        "--config",
        str(directory / "Caddyfile"),
        "--adapter",
        "caddyfile",
    ]
    env = {"GOMAXPROCS": "1", "HOME": str(directory)}
    return running(command, port, cpu=SERVER_CPU, cwd=directory, env=env)


def traefik(directory: Path, port: int, backend: int | None) -> Started:
    (directory / "routes.toml").write_text(
        "[http.routers.all]\nrule = 'PathPrefix(`/`)'\nservice = 'backend'\nentryPoints = ['web']\n"
        f"[[http.services.backend.loadBalancer.servers]]\nurl = 'http://127.0.0.1:{backend}'\n"
    )
    command = [
        tool("traefik") or "traefik",
        f"--entrypoints.web.address=127.0.0.1:{port}",
        f"--providers.file.filename={directory}/routes.toml",
        "--providers.file.watch=false",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        "--log.level=ERROR",
    ]
    return running(command, port, cpu=SERVER_CPU, cwd=directory, env={"GOMAXPROCS": "1"})


def haproxy(directory: Path, port: int, backend: int | None) -> Started:
    (directory / "haproxy.cfg").write_text(
        "global\n  nbthread 1\n  maxconn 8192\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
        "  http-reuse always\n"
        f"frontend web\n  bind 127.0.0.1:{port}\n  default_backend app\n"
        f"backend app\n  server app 127.0.0.1:{backend}\n"
    )
    command = [tool("haproxy") or "haproxy", "-f", str(directory / "haproxy.cfg"), "-db"]
    return running(command, port, cpu=SERVER_CPU, cwd=directory)


STATIC: dict[str, Peer] = {"envoy": envoy, "nginx": nginx, "caddy": caddy}
PROXY: dict[str, Peer] = {
    "envoy": envoy,
    "nginx": nginx,
    "traefik": traefik,
    "caddy": caddy,
    "haproxy": haproxy,
}
