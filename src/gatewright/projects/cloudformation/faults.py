"""What is wrong with a template, and where in it."""

from __future__ import annotations

Path = tuple[str | int, ...]  # keys and list indices from the top of the template


class TemplateFault(Exception):
    """Why a template cannot be deployed. `path` leads to the place, as far as it is known."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message, self.path = message, path
