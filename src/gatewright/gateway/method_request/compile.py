"""A method's access control, its API key and its throttles become its admission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.method_request.admission import Admission
from gatewright.gateway.method_request.authorizers.compile import Surroundings, compile_authorizer
from gatewright.gateway.method_request.rates import MethodThrottles, account_throttle, compile_rates
from gatewright.gateway.method_request.resource_policy import compile_resource_policy
from gatewright.gateway.plan import lane_of
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.vpc_links import FindLink, no_link
from gatewright.wire.client_certificate import ClientCertificate


@dataclass(frozen=True, slots=True)
class Live:
    """What counts for a stage without being deployed."""

    flush_generation: int = 0  # of what authorizers said
    certificate: ClientCertificate | None = None  # the stage's, for HTTP backends that ask for one
    is_canary: bool | None = None  # whether it is the stage's canary; None where the stage has none
    link: FindLink = no_link  # finds VPC links
    endpoint_disabled: bool | None = None  # the execute-api endpoint; None: as the snapshot says


NOTHING_LIVE = Live()


class AdmissionCompiler:
    """What the admission of every method of one stage shares."""

    def __init__(
        self,
        rest_api: Document,
        authorizers: Mapping[str, Document],
        stage: Document,
        partition: Partition,
        settings: GatewaySettings,
        live: Live,
    ) -> None:
        """Raises ValueError for a resource policy that cannot be enforced."""
        self._rest_api = rest_api
        self._authorizers = authorizers
        self._throttles = MethodThrottles(rest_api["id"], stage)
        self._account = account_throttle(partition, settings)
        self._policy = compile_resource_policy(
            rest_api.get("policy"), partition.region, partition.account, rest_api["id"]
        )
        self._surroundings = Surroundings(
            api_id=rest_api["id"],
            stage=stage["stageName"],
            lane=lane_of(stage["stageName"], live.is_canary),
            deployment_id=stage["deploymentId"],
            flush_generation=live.flush_generation,
            partition=partition,
            variables=stage.get("variables", {}),
            settings=settings,
        )

    def compile(self, resource: Document, method: Document) -> Admission | None:
        """None for a method open to everybody at any rate. Raises ValueError."""
        authorizer = compile_authorizer(self._surroundings, method, self._authorizers)
        rates = compile_rates(method, resource, self._rest_api, self._throttles, self._account)
        if self._policy is None and authorizer is None and rates is None:
            return None
        return Admission(self._policy, authorizer, rates)
