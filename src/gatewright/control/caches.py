"""What management asks of the caches that stages keep their responses in."""

from __future__ import annotations

from typing import Protocol


class StageCaches(Protocol):
    """One for a node; called from operations' threads."""

    def flush(self, api: str, stage: str) -> None:
        """Forget a stage's responses: no request that begins after this returned, on any worker of any node,
        is answered with one. Raises StateUnavailable."""
