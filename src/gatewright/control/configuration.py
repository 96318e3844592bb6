"""An API whole, for its owner to look at: the draft, and what each stage serves of it."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Reader
from gatewright.control.rest.snapshot import draft


def configuration(catalog: Catalog, api: str) -> Document | None:
    """`{"draft": snapshot, "stages": [{"stage": …, "live": snapshot}]}` at one moment; None without such an
    API. Raises CatalogUnavailable."""
    partition = catalog.find(keys.rest_api(api))
    if partition is None:
        return None
    with catalog.read(partition) as reader:
        rest_api = reader.get(keys.rest_api(api))
        if rest_api is None:
            return None
        return {"draft": draft(reader, rest_api), "stages": _stages(reader, api)}


def _stages(reader: Reader, api: str) -> list[Document]:
    return [
        {"stage": stage, "live": reader.get(keys.snapshot(api, stage["deploymentId"]))}
        for _, stage in reader.list(keys.below("stage", api))
    ]
