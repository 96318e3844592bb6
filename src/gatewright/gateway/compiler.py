"""A deployment's documents become a plan. Every decision that can be made once is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewright.catalog.api import Document, Partition
from gatewright.gateway import refusals
from gatewright.gateway.cache_compile import CacheCompiler
from gatewright.gateway.content_handling import BinaryTypes
from gatewright.gateway.errors import CannotCompile
from gatewright.gateway.gateway_response import GatewayResponses
from gatewright.gateway.integrations.compile import IntegrationCompiler
from gatewright.gateway.method_request.compile import NOTHING_LIVE, AdmissionCompiler, Live
from gatewright.gateway.method_request.validation import Validator, compile_validator
from gatewright.gateway.plan import MethodPlan, StagePlan
from gatewright.gateway.router import Router
from gatewright.gateway.settings import TRACE_TAG, GatewaySettings
from gatewright.gateway.vpc_links import FindLink
from gatewright.telemetry.metrics import Series

SeriesOf = Callable[[str, str], Series]  # (resource path, HTTP method) -> the counters of that method


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a deployment froze, with its lists turned into look-ups."""

    document: Document
    rest_api: Document = field(init=False)
    models: Mapping[str, Document] = field(init=False)
    validators: Mapping[str, Document] = field(init=False)
    authorizers: Mapping[str, Document] = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "rest_api", self.document["restApi"])
        put(self, "models", {model["name"]: model for model in self.document["models"]})
        put(self, "validators", {one["id"]: one for one in self.document["requestValidators"]})
        put(self, "authorizers", {one["id"]: one for one in self.document.get("authorizers", [])})

    def methods(self) -> Iterator[tuple[Document, str, Document]]:
        """Each (resource, HTTP method, method document)."""
        for resource in self.document["resources"]:
            for http_method, method in resource.get("resourceMethods", {}).items():
                yield resource, http_method, method


def check_deployment(
    document: Document, partition: Partition, settings: GatewaySettings, link: FindLink
) -> None:
    """Refuse a snapshot that would not do what it says: raises CannotCompile with the resource path, the
    method and the reason. Stage variables count as unset: what depends on them shows when requests come."""
    stage: Document = {"stageName": "check", "deploymentId": "check"}
    compile_stage(document, stage, partition, settings, lambda path, verb: Series(), Live(link=link))


def check_caching(document: Document, stage: Document, settings: GatewaySettings) -> None:
    """Refuse a stage that would cache what its snapshot streams: raises CannotCompile as above."""
    snapshot = Snapshot(document)
    caches = CacheCompiler(snapshot.rest_api["id"], stage, settings)
    for resource, http_method, method in snapshot.methods():
        integration = method["methodIntegration"]
        with _Located(resource["path"], http_method):
            cached = caches.compile(resource, method, integration) is not None
        _refuse(resource["path"], http_method, refusals.of_stream(snapshot.rest_api, integration, cached))


def compile_stage(
    document: Document,
    stage: Document,
    partition: Partition,
    settings: GatewaySettings,
    series: SeriesOf,
    live: Live = NOTHING_LIVE,
) -> StagePlan:
    """The plan of one stage, without its canary. Raises CannotCompile."""
    snapshot = Snapshot(document)
    variables: Mapping[str, str] = stage.get("variables", {})
    _refuse("", "", refusals.of_api(snapshot.rest_api))
    integrations = IntegrationCompiler(
        api_id=snapshot.rest_api["id"],
        stage_name=stage["stageName"],
        partition=partition,
        variables=variables,
        settings=settings,
        certificate=live.certificate,
        link=live.link,
        edge="EDGE" in snapshot.rest_api.get("endpointConfiguration", {}).get("types", []),
        compresses=snapshot.rest_api.get("minimumCompressionSize") is not None,
    )
    with _Located("", ""):
        admissions = AdmissionCompiler(
            snapshot.rest_api, snapshot.authorizers, stage, partition, settings, live
        )
    caches = CacheCompiler(snapshot.rest_api["id"], stage, settings)
    router = Router()
    for resource, http_method, method in snapshot.methods():
        with _Located(resource["path"], http_method):
            plan = _method_plan(snapshot, resource, method, integrations, admissions, caches, series)
        router.add(resource["path"], http_method, plan)
    with _Located("", ""):
        gateway_responses = GatewayResponses(document["gatewayResponses"], variables)
    return StagePlan(
        account=partition.account,
        region=partition.region,
        api_id=snapshot.rest_api["id"],
        name=stage["stageName"],
        deployment_id=stage["deploymentId"],
        variables=variables,
        router=router,
        gateway_responses=gateway_responses,
        binary_types=BinaryTypes(snapshot.rest_api.get("binaryMediaTypes", [])),
        minimum_compression_size=snapshot.rest_api.get("minimumCompressionSize"),
        execute_api_disabled=_endpoint_disabled(snapshot, live),
        traced=stage.get("tags", {}).get(TRACE_TAG) == "on",
        unrouted=series("", ""),
        is_canary=live.is_canary,
    )


def _endpoint_disabled(snapshot: Snapshot, live: Live) -> bool:
    if live.endpoint_disabled is not None:
        return live.endpoint_disabled
    return bool(snapshot.rest_api.get("disableExecuteApiEndpoint", False))


def _method_plan(
    snapshot: Snapshot,
    resource: Document,
    method: Document,
    integrations: IntegrationCompiler,
    admissions: AdmissionCompiler,
    caches: CacheCompiler,
    series: SeriesOf,
) -> MethodPlan:
    http_method = method["httpMethod"]
    integration = method.get("methodIntegration")
    if integration is None:
        raise ValueError("the method has no integration")
    cache = caches.compile(resource, method, integration)
    cached = cache is not None
    _refuse(resource["path"], http_method, refusals.of_integration(integration))
    _refuse(resource["path"], http_method, refusals.of_stream(snapshot.rest_api, integration, cached))
    return MethodPlan(
        resource_id=resource["id"],
        resource_path=resource["path"],
        http_method=http_method,
        operation_name=method.get("operationName"),
        admission=admissions.compile(resource, method),
        validator=_validator(snapshot, resource["path"], method),
        integration=integrations.compile(resource["path"], method, integration, cached=cached),
        series=series(resource["path"], http_method),
        cache=cache,
    )


def _validator(snapshot: Snapshot, path: str, method: Document) -> Validator | None:
    validator_id = method.get("requestValidatorId")
    if validator_id is None:
        return None
    validator = snapshot.validators.get(validator_id)
    if validator is None:
        raise ValueError(f"request validator {validator_id} does not exist")
    return compile_validator(method, validator, snapshot.models, snapshot.rest_api["id"], path)


def _refuse(resource_path: str, http_method: str, reasons: Iterable[str]) -> None:
    found = list(reasons)
    if found:
        raise CannotCompile(resource_path, http_method, "; ".join(found))


class _Located:
    """Says where in the API a reason belongs."""

    def __init__(self, resource_path: str, http_method: str) -> None:
        self._where = (resource_path, http_method)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ValueError):
            raise CannotCompile(*self._where, str(error)) from error
