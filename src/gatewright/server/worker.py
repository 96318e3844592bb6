"""A worker: serves the APIs on one slot's socket. Run as `python -m gatewright.server.worker FD`."""

from __future__ import annotations

import sys

from gatewright.server.data_room import data_server, open_worker
from gatewright.server.process import run_child

if __name__ == "__main__":
    sys.exit(run_child("worker", open_worker, data_server))
