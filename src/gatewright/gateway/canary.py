"""A stage's canary: another deployment, with stage variables of its own, that serves a share of the requests.

Amazon assigns each request at random, so a run of requests misses the share by chance. Here the share is
kept: a sequence goes round a circle from a random point, and the canary serves what falls on its arc. For any
one request that happens with the probability of the share; of many, the canary gets its share to within a
few. The steps are golden, which are the least in tune with anything periodic in the traffic. Each worker has
a sequence of its own: nothing is shared.

https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
"""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.gateway.plan import StagePlan

CIRCLE = 1 << 64
_ROUND = CIRCLE - 1
_STEP = 0x9E37_79B9_7F4A_7C15  # the circle over the golden ratio, made odd


class Canary:
    """The plan of a canary, and which requests it serves: `percent` of them, more than none."""

    __slots__ = ("_arc", "_at", "percent", "plan")

    def __init__(self, plan: StagePlan, percent: float, start: int) -> None:
        """`start`: any point of the circle, from 0 to `CIRCLE` - 1."""
        self.plan = plan
        self.percent = percent
        self._arc = round(percent / 100 * CIRCLE)
        self._at = start

    def takes_next(self) -> bool:
        """Whether the next request is the canary's."""
        self._at = (self._at + _STEP) & _ROUND
        return self._at < self._arc


def canary_stage(stage: Document) -> Document:
    """The stage as its canary serves it: the canary's deployment, its variables laid over the stage's, the
    stage's cache if it is to use that."""
    settings = stage["canarySettings"]
    caches = stage.get("cacheClusterEnabled", False) and settings.get("useStageCache", False)
    overrides = settings.get("stageVariableOverrides", {})
    variables = {**stage.get("variables", {}), **overrides}
    return {
        **stage,
        "deploymentId": settings["deploymentId"],
        "variables": variables,
        "cacheClusterEnabled": caches,
    }
