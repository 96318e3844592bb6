"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# No test asserts how long something took: a loaded machine would fail it.
settings.register_profile("gatewright", deadline=None)
settings.load_profile("gatewright")
