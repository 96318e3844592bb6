"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# No test asserts how long something took: a loaded machine would fail it.
settings.register_profile("gatewright", deadline=None)
settings.load_profile("gatewright")

# Coverage is of what tests reach in their own process: to follow the nodes that they start takes minutes.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
