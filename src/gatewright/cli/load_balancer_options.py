"""`[load_balancers]` in gatewright.toml: where VPC links lead to.

[load_balancers."arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188"]
targets = ["10.0.0.5:8080", "10.0.0.6:8080"]    # serve the ports that have no listener of their own
listeners = {443 = ["10.0.0.7:8443"]}           # by the port that integration URIs name
health_protocol = "HTTP"                        # TCP by default, or HTTPS
health_path = "/health"
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gatewright.cli.table_option import table_or_json
from gatewright.gateway.load_balancers import LoadBalancer
from gatewright.server.address import Address
from gatewright.wire.target_group import CheckProtocol, HealthCheck

MOST_TARGETS = 100
_ARN = re.compile(
    r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:(?:loadbalancer|listener)/(?:app|net)/[\w./-]{1,200}",
    re.ASCII,
)
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}", re.ASCII)


def _arn(text: str) -> str:
    if not _ARN.fullmatch(text):
        raise ValueError(
            "must be the ARN of a network or application load balancer, such as "
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188"
        )
    return text


def _target(text: str) -> str:
    address = Address.parse(text)
    if text.startswith(":") or address.port == 0 or not _HOST.fullmatch(address.host):
        raise ValueError(f"{text!r} is no target: write HOST:PORT, such as 10.0.0.5:8080")
    return str(address)


def _port(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 65_535):
        raise ValueError(f"{text!r} is no port of a listener: write a number from 1 to 65535")
    return str(int(text))


Targets = Annotated[
    tuple[Annotated[str, AfterValidator(_target)], ...], Field(min_length=1, max_length=MOST_TARGETS)
]


class LoadBalancerOption(BaseModel):
    """Who serves what one load balancer serves at Amazon."""

    model_config = ConfigDict(extra="forbid")

    targets: Targets | None = None
    listeners: dict[Annotated[str, AfterValidator(_port)], Targets] = Field(default_factory=dict)
    health_protocol: CheckProtocol = "TCP"
    health_path: Annotated[str, Field(pattern=r"^/[!-~]{0,1023}$")] = "/"
    health_interval: Annotated[float, Field(ge=0.05, le=300)] = 10.0
    health_timeout: Annotated[float, Field(gt=0, le=120)] = 5.0
    healthy_threshold: Annotated[int, Field(ge=1, le=10)] = 2
    unhealthy_threshold: Annotated[int, Field(ge=1, le=10)] = 2

    @model_validator(mode="after")
    def _leads_somewhere(self) -> LoadBalancerOption:
        if not (self.targets or self.listeners):
            raise ValueError('leads nowhere: give targets, such as ["10.0.0.5:8080"], or listeners')
        if self.health_path != "/" and self.health_protocol == "TCP":
            raise ValueError('health_path is asked for over HTTP: add health_protocol = "HTTP", or "HTTPS"')
        return self

    def load_balancer(self) -> LoadBalancer:
        check = HealthCheck(
            self.health_protocol,
            self.health_path,
            self.health_interval,
            self.health_timeout,
            self.healthy_threshold,
            self.unhealthy_threshold,
        )
        return LoadBalancer(self.targets or (), self.listeners, check)


LoadBalancers = Annotated[
    dict[Annotated[str, AfterValidator(_arn)], LoadBalancerOption],
    BeforeValidator(table_or_json('{"arn:aws:elasticloadbalancing:…": {"targets": ["10.0.0.5:8080"]}}')),
]
