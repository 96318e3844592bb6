"""VPC links: from an integration's connection to whoever serves its URI's host.

The URI says the scheme, the Host header, the TLS server name and the path; the link says where connections
go: to its network load balancer, or to the load balancer that `integrationTarget` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition
from gatewright.gateway import load_balancers
from gatewright.gateway.load_balancers import LoadBalancer
from gatewright.gateway.stage_variables import has_placeholder, substitute
from gatewright.wire.target_group import TargetGroup

LINK = "VPC_LINK"
FindLink = Callable[[str], Document | None]  # of the partition, by id

_NETWORK = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/net/[^/]+/[^/]+")


class LeadsNowhere(ValueError):
    """Nobody is known who could serve an integration."""


@dataclass(frozen=True, slots=True)
class Way:
    """The load balancer behind a link, by its ARN."""

    arn: str
    balancer: LoadBalancer

    def group(self, port: int) -> TargetGroup:
        """Raises LeadsNowhere for a port that the settings give to nobody."""
        group = self.balancer.group(self.arn, port)
        if group is None:
            raise LeadsNowhere(
                f"the settings give port {port} of {self.arn} to no target; add it to the listeners of "
                f'[load_balancers."{self.arn}"], or give that table targets'
            )
        return group


def find_link(catalog: Catalog, partition: Partition) -> FindLink:
    """Finds each link in a read of its own."""

    def find(link: str) -> Document | None:
        with catalog.read(partition) as reader:
            return reader.get(keys.vpc_link(link))

    return find


def no_link(_link: str) -> Document | None:
    """Where there are none."""
    return None


def problem_of(link: Document, known: Mapping[str, LoadBalancer]) -> str | None:
    """Why a link leads nowhere; None if it leads somewhere."""
    arn = link["targetArns"][0]
    if not _NETWORK.fullmatch(arn):
        return "NLB ARN is malformed"
    return None if load_balancers.find(known, arn) else unknown(arn)


def unknown(arn: str) -> str:
    return (
        f"the settings do not say where {arn} is; write a table "
        f'[load_balancers."{arn}"] with targets, such as ["10.0.0.5:8080"]'
    )


def way_of(
    integration: Document,
    variables: Mapping[str, str],
    find: FindLink,
    known: Mapping[str, LoadBalancer],
) -> Way | None:
    """None for an integration without a link. Raises LeadsNowhere."""
    if integration.get("connectionType") != LINK:
        return None
    link_id = substitute(integration["connectionId"], variables)
    link = find(link_id)
    if link is None:
        raise LeadsNowhere(f"connectionId {link_id or 'empty'}: there is no such VPC link")
    given = integration.get("integrationTarget", "")
    target = substitute(given, variables)
    if given and not target:
        raise LeadsNowhere(f"integrationTarget {given}: the stage variable says nothing")
    if not target and (problem := problem_of(link, known)):
        raise LeadsNowhere(f"VPC link {link_id} is FAILED: {problem}")
    arn = target or link["targetArns"][0]
    balancer = load_balancers.find(known, arn)
    if balancer is None:
        raise LeadsNowhere(f"integrationTarget: {unknown(arn)}")
    return Way(arn, balancer)


def depends_on_stage(integration: Document) -> bool:
    """Whether a stage's variables choose where it goes."""
    members = ("connectionId", "integrationTarget", "uri")
    return any(has_placeholder(integration.get(member, "")) for member in members)
