"""The pets' own service, which knows nothing of the gateway in front of it.

GET, DELETE /pets/{petId}    a pet
POST /orders                 {"animal": id, "buyer": …} -> {"number": …, "animal": the pet}
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

ORDERS = count(1)
PETS: dict[str, dict[str, object]] = {
    "1": {"id": 1, "name": "Ada", "kind": "cat", "price": 249.99},
    "2": {"id": 2, "name": "Bruno", "kind": "dog", "price": 124.99},
    "3": {"id": 3, "name": "Coral", "kind": "fish", "price": 0.99},
}


class Pets(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept open
    disable_nagle_algorithm = True  # or a body would wait for the acknowledgement of its head

    def do_GET(self) -> None:  # the name BaseHTTPRequestHandler looks for
        collection, _, pet = self.path.partition("?")[0].strip("/").partition("/")
        if collection == "pets" and pet in PETS:
            self._answer(200, PETS[pet])
        else:
            self._answer(404, {"message": f"There is no pet at {self.path}"})

    def do_DELETE(self) -> None:
        """Answers as if the pet were gone; this shop never runs out of pets."""
        self.do_GET()

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pet = PETS.get(str(order["animal"]))
        if self.path == "/orders" and pet is not None:
            self._answer(201, {"number": next(ORDERS), "animal": pet, "buyer": order["buyer"]})
        else:
            self._answer(404, {"message": f"There is no pet {order['animal']}"})

    def _answer(self, status: int, document: dict[str, object]) -> None:
        body = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: the gateway does that."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    try:
        ThreadingHTTPServer(("127.0.0.1", port), Pets).serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
