"""The control process: serves the management APIs. Run as `python -m gatewright.server.control FD`."""

from __future__ import annotations

import sys

from gatewright.server.management_room import management_server, open_control
from gatewright.server.process import run_child

if __name__ == "__main__":
    sys.exit(run_child("control", open_control, management_server))
