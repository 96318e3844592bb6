"""What a call of an AWS service costs beside HTTP_PROXY: SendMessage of SQS, as its documentation page has
it, to a stub that answers at once."""

from __future__ import annotations

from pathlib import Path

from load import LOAD_CPU, wrk
from ours import Api, gatewright
from peers import free_port, nginx
from scenarios import Options, Table

ROLE = "arn:aws:iam::000000000000:role/bench"
TEMPLATE = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
MESSAGE = '{"order": 4711, "customer": "ada@example.com", "items": ["tea", "biscuits"], "note": "ring twice"}'
WORTH = 0.4  # of the speed of HTTP_PROXY


def send_message(options: Options) -> Table:
    table = Table("AWS service: SendMessage of SQS to a stub, against HTTP_PROXY to the same", "requests/s")
    backend = free_port()
    _point_at(options.directory, backend)
    with nginx(options.directory, backend, None, cpu=LOAD_CPU), gatewright(options.directory) as instance:
        api = Api(instance, "services")
        api.method("proxy", "POST", type="HTTP_PROXY", httpMethod="POST", uri=f"http://127.0.0.1:{backend}/")
        api.method(
            "sqs",
            "POST",
            type="AWS",
            httpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:sqs:path/000000000000/letters",
            credentials=ROLE,
            requestParameters={
                "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
            },
            requestTemplates={"application/json": TEMPLATE},
        )
        api.deploy()
        script = _posts(options.directory)
        for _ in range(options.rounds):
            for name in ("proxy", "sqs"):
                wrk(api.url(f"/{name}"), seconds=min(1.0, options.seconds), script=script)
                result = wrk(api.url(f"/{name}"), seconds=options.seconds, script=script)
                table.add(name, result.rate, result.trouble)
    share = table.share("sqs", "proxy")
    table.goals.append((f"{share:.2f} × HTTP_PROXY (to reach: {WORTH})", share >= WORTH))
    return table


def _point_at(directory: Path, backend: int) -> None:
    """Settings for the node, which starts in the directory."""
    (directory / "gatewright.toml").write_text(
        f'[services.sqs]\nendpoint = "http://127.0.0.1:{backend}"\n'
        f'[roles."{ROLE}"]\naccess_key = "AKIAIOSFODNN7EXAMPLE"\nsecret_key = "bench-secret-key"\n'
    )


def _posts(directory: Path) -> str:
    """A script for wrk: both methods get the same message."""
    script = directory / "message.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[{MESSAGE}]]\n'
    )
    return str(script)
