"""What management asks of the caches of stages: what they answered, and what authorizers said."""

from __future__ import annotations

from typing import Protocol


class StageCaches(Protocol):
    """One for a node; called from operations' threads."""

    def flush(self, api: str, stage: str) -> None:
        """Forget a stage's responses: no request that begins after this returned, on any worker of any node,
        is answered with one. Raises StateUnavailable."""

    def flush_policies(self, api: str, stage: str) -> None:
        """Forget what authorizers said of a stage's callers, as `flush` does. Where the store cannot be told
        nothing is raised: the caller has another way."""
