"""What an API key with throttle and quota costs a request: the same methods with and without."""

from __future__ import annotations

from pathlib import Path

from load import LOAD_CPU, wrk
from ours import STAGE, Api, gatewright
from peers import free_port, nginx
from scenarios import Options, Table

KEY = "bench-0123456789-0123456789"
PLENTY = 1_000_000_000
WORTH = {"mock": 0.75, "proxy": 0.85}  # of the speed without


def usage_plan(options: Options) -> Table:
    table = Table(
        "API key, throttle and quota: MOCK and HTTP_PROXY with a usage plan and without", "requests/s"
    )
    backend = free_port()
    with nginx(options.directory, backend, None, cpu=LOAD_CPU), gatewright(options.directory) as instance:
        api = Api(instance, "planned")
        for name, keyed in (("open", False), ("keyed", True)):
            api.mock(f"mock-{name}", keyed=keyed)
            uri = f"http://127.0.0.1:{backend}/"
            api.method(f"proxy-{name}", "GET", keyed=keyed, type="HTTP_PROXY", httpMethod="GET", uri=uri)
        api.deploy()
        admit(api)
        script = sends_key(options.directory)
        for _ in range(options.rounds):
            for kind in ("mock", "proxy"):
                for name in ("open", "keyed"):
                    url = api.url(f"/{kind}-{name}")
                    wrk(url, seconds=min(1.0, options.seconds), script=script)
                    result = wrk(url, seconds=options.seconds, script=script)
                    table.add(f"{kind}, {name}", result.rate, result.trouble)
    for kind in ("mock", "proxy"):
        share = table.share(f"{kind}, keyed", f"{kind}, open")
        text = f"{kind}: {share:.2f} of the speed without (to reach: {WORTH[kind]})"
        table.goals.append((text, share >= WORTH[kind]))
    return table


def admit(api: Api) -> None:
    """Put a key into a plan that counts every request and refuses none."""
    client = api.instance.client("apigateway")
    key = client.create_api_key(name="bench", value=KEY, enabled=True)["id"]
    plan = client.create_usage_plan(
        name="bench",
        apiStages=[{"apiId": api.id, "stage": STAGE}],
        throttle={"rateLimit": PLENTY, "burstLimit": PLENTY},
        quota={"limit": PLENTY, "period": "MONTH"},
    )["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")


def sends_key(directory: Path) -> str:
    """A script for wrk that sends the key, also where none is asked for: both read the same request."""
    script = directory / "key.lua"
    script.write_text(f'wrk.headers["x-api-key"] = "{KEY}"\n')
    return str(script)
