"""What methods may ask of the rendering they run in."""

from __future__ import annotations

from typing import Protocol

from gatewright.vtl.limits import Limits


class Bounds(Protocol):
    """The part of a `Runtime` that methods see."""

    limits: Limits

    def check_time(self) -> None: ...

    def check_string(self, length: int) -> None: ...

    def built_list(self, count: int) -> None: ...

    def check_items(self, count: int) -> None: ...
