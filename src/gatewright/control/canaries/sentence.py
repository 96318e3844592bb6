"""A verdict put into effect and on record, in one catalog transaction.

Promotion is the patch list of Amazon's documentation, rollback the removal of the canary; both go the way
that UpdateStage goes.
https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html
"""

from __future__ import annotations

from typing import Any

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Reader
from gatewright.control.canaries.trial import Trial, pair_of
from gatewright.control.canaries.verdict import Outcome, Verdict
from gatewright.control.canaries.wish import wish_of
from gatewright.control.operation import Call
from gatewright.control.rest.stage import update_stage
from gatewright.telemetry.lanes import Counts

MOST_KEPT = 50  # verdicts of one stage, the newest

PROMOTE = (
    {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
    {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
    {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
)
ROLL_BACK = ({"op": "remove", "path": "/canarySettings"},)
_PATCHES = {Outcome.PROMOTE: PROMOTE, Outcome.ROLL_BACK: ROLL_BACK, Outcome.UNDECIDED: ()}


def pass_sentence(call: Call, api: str, name: str, trial: Trial, verdict: Verdict) -> Document | None:
    """What is put on record; None if what was judged is no longer there: somebody else was first."""
    stage = call.tx.get(keys.stage(api, name))
    if stage is None or pair_of(stage) != trial.pair or wish_of(stage.get("tags", {})) != trial.wish:
        return None
    patches = _PATCHES[verdict.outcome] if trial.wish.mode == "act" else ()
    if patches:
        update_stage(call, {"restApiId": api, "stageName": name, "patchOperations": list(patches)})
    record = _record(call, trial, verdict, bool(patches))
    _keep(call, api, name, record)
    return record


def _record(call: Call, trial: Trial, verdict: Verdict, acted: bool) -> Document:
    assert trial.compared is not None  # a verdict is of something
    return {
        "at": call.services.clock(),
        "outcome": verdict.outcome.value,
        "acted": acted,
        "why": verdict.why,
        "seconds": round(trial.seconds, 1),
        "stage": {"deploymentId": trial.pair.deployment, **_told(trial.compared.stage)},
        "canary": {"deploymentId": trial.pair.canary, **_told(trial.compared.canary)},
    }


def _told(counts: Counts) -> dict[str, Any]:
    return {
        "requests": counts.requests,
        "4xx": counts.client_errors,
        "5xx": counts.server_errors,
        "latencies": list(counts.latencies),
    }


def _keep(call: Call, api: str, name: str, record: Document) -> None:
    kept = [key for key, _ in call.tx.list(keys.below("canaryverdict", api, name))]
    for key in kept[: max(len(kept) + 1 - MOST_KEPT, 0)]:
        call.tx.delete(key)
    when = f"{round(record['at'] * 1000):015d}-{call.services.new_id(6)}"  # in the order of time
    call.tx.put(keys.canary_verdict(api, name, when), record)


def verdicts(catalog: Catalog, api: str, name: str | None) -> list[Document] | None:
    """Those on record of an API's stage, or of all its stages, the newest first, each with its `stageName`.

    None without such an API or stage. Raises CatalogUnavailable.
    """
    partition = catalog.find(keys.rest_api(api))
    if partition is None:
        return None
    with catalog.read(partition) as reader:
        stages = _stages(reader, api, name)
        found = [record for stage in stages for record in _of_stage(reader, api, stage)]
    if name is not None and not stages:
        return None
    return sorted(found, key=lambda record: float(record["at"]), reverse=True)


def _stages(reader: Reader, api: str, name: str | None) -> list[str]:
    names = [stage["stageName"] for _, stage in reader.list(keys.below("stage", api))]
    return [known for known in names if name in (None, known)]


def _of_stage(reader: Reader, api: str, name: str) -> list[Document]:
    records = reader.list(keys.below("canaryverdict", api, name))
    return [{**record, "stageName": name} for _, record in records]
