"""A node that is told to stop lets its streams end."""

from __future__ import annotations

import signal

from tests.integration.conftest import Start
from tests.integration.test_streaming import EVENTS, Backend, chunk, exactly, head_of, received
from tests.support.apis import Api
from tests.support.raw import connect
from tests.support.scripted_backends import scripted


def test_a_stream_ends_before_its_node_does(start_dev: Start) -> None:
    backend = Backend()
    with scripted(backend.scripts()) as port:
        node = start_dev()
        api = Api(node)
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "responseTransferMode": "STREAM"}
        api.method("/sse", "GET", {**integration, "uri": f"http://127.0.0.1:{port}/sse"})
        api.deploy("prod")
        api.gateway.close()
        with connect(node.port) as client:
            target = f"/restapis/{api.id}/prod/_user_request_/sse"
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: any\r\n\r\n".encode())
            head_of(client)
            backend.go.release()
            assert exactly(client, len(chunk(EVENTS[0]))) == chunk(EVENTS[0])
            node.signal(signal.SIGTERM)
            for _ in EVENTS[1:]:
                backend.go.release()
            assert received(client) == b"".join(map(chunk, EVENTS[1:])) + b"0\r\n\r\n"
        assert node.exit_code() == 0
