"""serverless-offline, the tool users measure Lambda proxies against: server and functions on one core."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from peers import SERVER_CPU, free_port, running

PACKAGES = Path(__file__).parent / "node_modules"
CONFIG = """
service: bench
frameworkVersion: "3"
provider:
  name: aws
  runtime: {runtime}
plugins:
  - serverless-offline
custom:
  serverless-offline:
    httpPort: {port}
    lambdaPort: {lambda_port}
    noPrependStageInUrl: true
    noTimeout: true
functions:
  hello:
    handler: app.handler
    events:
      - http:
          path: hello
          method: get
"""
PYTHON = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"ok": true}'}
"""
NODE = """
module.exports.handler = async () => ({
  statusCode: 200, headers: {"Content-Type": "application/json"}, body: '{"ok": true}',
})
"""
RUNTIMES = {"python": ("python3.12", "app.py", PYTHON), "node": ("nodejs18.x", "app.js", NODE)}

Started = contextlib.AbstractContextManager[str]


def serverless_offline(directory: Path, runtime: str) -> Callable[[], Started] | None:
    """A starter of it with one function, or None when `npm install` was not run in this directory."""
    if not (PACKAGES / ".bin" / "serverless").exists():
        return None

    @contextlib.contextmanager
    def started() -> Iterator[str]:
        name, file, source = RUNTIMES[runtime]
        service = directory / f"offline-{runtime}"
        service.mkdir(exist_ok=True)
        port, lambda_port = free_port(), free_port()
        (service / "serverless.yml").write_text(
            CONFIG.format(runtime=name, port=port, lambda_port=lambda_port)
        )
        (service / file).write_text(source)
        with contextlib.suppress(FileExistsError):
            os.symlink(PACKAGES, service / "node_modules")
        command = [str(PACKAGES / ".bin" / "serverless"), "offline", "start"]
        env = {
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_TELEMETRY_DISABLED": "1",
            "CI": "1",
            "AWS_REGION": "us-east-1",
        }
        with running(command, port, cpu=SERVER_CPU, cwd=service, env=env):
            yield f"http://127.0.0.1:{port}/hello"

    return started
