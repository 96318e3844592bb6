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
        self._answer_pet(200, self._pet())

    def do_DELETE(self) -> None:
        """Answers as if the pet were gone; this shop never runs out of pets."""
        self._answer_pet(200, self._pet())

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pet = PETS.get(str(order["animal"])) if self.path == "/orders" else None
        self._answer_pet(201, pet and {"number": next(ORDERS), "animal": pet, "buyer": order["buyer"]})

    def _pet(self) -> dict[str, object] | None:
        collection, _, pet = self.path.partition("?")[0].strip("/").partition("/")
        return PETS.get(pet) if collection == "pets" else None

    def _answer_pet(self, status: int, document: dict[str, object] | None) -> None:
        if document is None:
            self._answer(404, {"message": f"There is no pet at {self.path}"})
        else:
            self._answer(status, document)

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
