"""The services served on the management port, each with botocore's description of its operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `name` is its signing name too."""

    name: str
    model: ServiceModel
    body_bytes: int  # the largest request body

    @property
    def operations(self) -> list[OperationModel]:
        return [self.model.operation_model(name) for name in self.model.operation_names]

    @property
    def names_input(self) -> bool:
        """Whether validation errors name body members as API Gateway does, below `{operation}Input`."""
        return self.name == "apigateway"

    @property
    def whole_seconds(self) -> bool:
        """Whether timestamps are whole epoch seconds."""
        return self.name == "apigateway"

    def message_member(self, code: str) -> str:
        """How the error shape `code` spells its message: `message`, or `Message` for most of Lambda's."""
        shape = next((shape for shape in self.model.error_shapes if shape.name == code), None)
        members = shape.members if isinstance(shape, StructureShape) else ()
        return next((member for member in members if member.lower() == "message"), "message")


def python_name(operation: str) -> str:
    """`GetRestApi` -> `get_rest_api`: the name of the function that does the operation."""
    name: str = xform_name(operation)
    return name


@cache
def services() -> dict[str, Service]:
    """All services, by name."""
    return {
        name: Service(name, _load(name), body_bytes)
        for name, body_bytes in (
            ("apigateway", 10 * 1024 * 1024),  # API Gateway's own payload quota
            ("lambda", 69_905_067),  # a zip of 50 MB in base64, the bound Lambda's refusal names
        )
    }


def _load(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)
