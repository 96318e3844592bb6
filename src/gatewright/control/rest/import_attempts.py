"""Operations done for an import: as if they were called, with what they refuse collected."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from botocore.model import OperationModel

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Document, InvalidDocument
from gatewright.control.operation import Call, Operation, Params
from gatewright.control.protocol.constraints import check
from gatewright.control.protocol.service import python_name, services
from gatewright.control.protocol.values import from_json


@dataclass(slots=True)
class Attempts:
    """Does operations on one API. `errors` has a line for each that was refused."""

    call: Call
    api: str
    errors: list[str] = field(default_factory=list)

    def do(
        self,
        what: str,
        operation: Operation,
        *,
        kept_id: str | None = None,
        named: str | None = None,
        **params: Any,
    ) -> Document | None:
        """The operation's result; None if it was refused, with the line `Unable to {what}: {reason}`.

        What the operation makes gets `kept_id` as its id. Its parameters are those of the operation `named`.
        """
        call = self.call if kept_id is None else _with_id(self.call, kept_id)
        try:
            return operation(call, _checked(named or operation.__name__, {"restApiId": self.api, **params}))
        except AwsError as error:
            if error.status >= 500:
                raise
            self.errors.append(f"Unable to {what}: {error.message}")
        except InvalidDocument as error:
            self.errors.append(f"Unable to {what}: {error}")
        return None


def _with_id(call: Call, kept_id: str) -> Call:
    return replace(call, services=replace(call.services, new_id=lambda _length: kept_id))


def _checked(name: str, params: Params) -> Params:
    """The parameters as the protocol would hand them on. Raises what it would answer."""
    service = services()["apigateway"]
    model = _models()[name]
    shape = model.input_shape
    assert shape is not None
    read = {
        name: from_json(shape.members[name], value) for name, value in params.items() if value is not None
    }
    check(service, model, read)
    return read


@cache
def _models() -> dict[str, OperationModel]:
    return {python_name(model.name): model for model in services()["apigateway"].operations}
