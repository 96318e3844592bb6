"""What a management operation gets: the caller's partition, one catalog transaction, the clock and the ids.

An operation is a plain synchronous function named after it in snake_case, found by that name in the modules of
its service:

    def create_rest_api(call: Call, params: Params) -> Document: ...

`params` holds the input members under the model's member names (`restApiId`, `patchOperations`, …), already
checked against the model (types, enums, patterns, required URI members). The result is a dict of the output
shape's member names; `None` answers an empty body. Errors are raised as `AwsError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gatewright.catalog.api import Document, Partition, Transaction
from gatewright.control.context import Services

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One management call, inside its transaction."""

    tx: Transaction
    services: Services

    @property
    def partition(self) -> Partition:
        return self.tx.partition

    @property
    def account(self) -> str:
        return self.tx.partition.account

    @property
    def region(self) -> str:
        return self.tx.partition.region


Operation = Callable[[Call, Params], Document | None]
