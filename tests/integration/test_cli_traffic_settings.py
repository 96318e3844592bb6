"""Settings that change how traffic comes in and where functions run, on a real node."""

from __future__ import annotations

import datetime
import io
import ipaddress
import json
import socket
import ssl
import urllib.request
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

from gatewright.cli.main import run

HANDLER = "def handle(event, context):\n    return {'statusCode': 200, 'body': 'elsewhere'}\n"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gatewright test")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


def test_both_listeners_speak_tls(start_serve: Start, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    flags = ("--tls-cert", str(cert), "--tls-key", str(key))
    node = start_serve(*flags, workers=1)
    trusting = ssl.create_default_context(cafile=str(cert))
    assert node.url.startswith("https://")
    for url in (node.url, node.management_url):
        with urllib.request.urlopen(f"{url}/_gatewright/health", context=trusting, timeout=BOUND) as answer:
            assert json.load(answer)["status"] == "ok"
    assert run(["health", "--listen", f"127.0.0.1:{node.port}", *flags]) == 0


def test_the_proxy_protocol_is_spoken_on_the_data_port_only(start_serve: Start) -> None:
    node = start_serve("--proxy-protocol", workers=1)
    with socket.create_connection(("127.0.0.1", node.port), BOUND) as connection:
        connection.sendall(b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n")
        connection.sendall(b"GET /_gatewright/health HTTP/1.1\r\nHost: any\r\n\r\n")
        assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
    assert run(["health", "--listen", f"127.0.0.1:{node.port}", "--proxy-protocol"]) == 0
    assert node.client("apigateway").get_rest_apis()["items"] == []


def _make_function(node: Gatewright) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", HANDLER)
    functions = node.client("lambda")
    functions.create_function(
        FunctionName="elsewhere",
        Runtime="python3.13",
        Handler="app.handle",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": code.getvalue()},
    )


def test_functions_run_where_the_lambda_endpoint_says(
    start_dev: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = start_dev(data_dir=tmp_path / "elsewhere")
    _make_function(elsewhere)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    node = start_dev("--lambda-endpoint", elsewhere.url)
    api = Api(node)
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:elsewhere"
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    api.method("/", "GET", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    api.deploy("prod")
    with urllib.request.urlopen(node.stage_url(api.id, "prod"), timeout=BOUND) as answer:
        assert answer.read() == b"elsewhere"
