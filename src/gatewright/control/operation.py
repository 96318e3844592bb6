"""What a management operation gets: the caller's partition, one catalog transaction, the clock and the ids.

An operation is a plain synchronous function named after it in snake_case, found by that name in the modules
of its service:

    def create_rest_api(call: Call, params: Params) -> Document: ...

`params` holds the input members under the model's member names (`restApiId`, `patchOperations`, …), already
checked against the model (types, enums, patterns, required members). The result is a dict of the output
shape's member names; `None` answers an empty body. Errors are raised as `AwsError`.

While a transaction lasts nobody else can write. What an operation can do before is done by a function beside
it, named `prepare_` and its name, which gets the partition and the parameters and answers the parameters.

An operation whose work is not in the catalog (invoking a function) is written `async` instead, takes an
`EffectCall` and awaits nothing but `Pending` values; it runs on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from gatewright.catalog.api import Catalog, Document, Partition, Transaction
from gatewright.control.context import Services
from gatewright.gateway.exchange import Outside

Params = dict[str, Any]

# In an effect's result: the id to answer under, where that is not the call's own.
REQUEST_ID = "RequestId"

# In an effect's result: the answer's body, a `Source` that is passed on as it comes.
EVENTS = "EventStream"


def _nowhere(_key: str) -> Partition | None:
    return None


@dataclass(frozen=True, slots=True)
class Call:
    """One management call, inside its transaction. Operations named `get_…` and `list_…` may only read.

    `find` looks a key up over all partitions, as last committed.
    """

    tx: Transaction
    services: Services
    find: Callable[[str], Partition | None] = _nowhere

    @property
    def partition(self) -> Partition:
        return self.tx.partition

    @property
    def account(self) -> str:
        return self.tx.partition.account

    @property
    def region(self) -> str:
        return self.tx.partition.region


@dataclass(frozen=True, slots=True)
class EffectCall:
    """One management call that reaches beyond the catalog; it opens its own reads and writes, briefly."""

    partition: Partition
    catalog: Catalog
    services: Services
    outside: Outside


Operation = Callable[[Call, Params], Document | None]
Preparation = Callable[[Partition, Params], Params]
Effect = Callable[[EffectCall, Params], Coroutine[Any, None, Document | None]]
