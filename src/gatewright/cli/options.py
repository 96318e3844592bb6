"""The settings by the names that their owner gives them, with their bounds and defaults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gatewright.cli.issuer_options import Issuers
from gatewright.cli.load_balancer_options import LoadBalancers
from gatewright.cli.principal_option import PrincipalOption, no_key_twice
from gatewright.cli.service_options import Roles, Services, service_settings
from gatewright.gateway.issuers import TEST_ISSUER
from gatewright.gateway.settings import Tracing
from gatewright.server.address import Address
from gatewright.server.settings import CacheSettings, Limits, Settings, StateSizes, TestIssuer, usable_cores
from gatewright.state.valkey_servers import parse_servers

PREFIX = "GATEWRIGHT_"
DEFAULTS = Limits()
CACHE = CacheSettings()
DEV_STATE = StateSizes(
    8 * 2**20, 8 * 2**20, 32 * 2**20
)  # a developer's disk is not to be filled at every start
STATE_LEAST, RESPONSES_LEAST, STATE_MOST = 4 * 2**20, 16 * 2**20, 2**40


class BadOptions(ValueError):
    """What is wrong with the settings: one sentence a problem, each on its own line."""


def _address(value: object) -> Address:
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080")
    return Address.parse(value)


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must be an http:// or https:// URL")
    return value.rstrip("/")


def _catalog(url: str) -> str:
    from gatewright.catalog.postgres_server import parameters_of  # large: one machine goes without

    parameters_of(url)
    return url


def _valkey(url: str) -> str:
    parse_servers(url)
    return url


def _loopback(address: Address) -> Address:
    if not address.loopback:
        raise ValueError(
            "dev accepts any credentials, so it listens on loopback addresses only, such as 127.0.0.1:4566; "
            "use `gatewright serve` to be reached from other machines"
        )
    return address


AddressOption = Annotated[Address, BeforeValidator(_address)]


class Options(BaseSettings):
    """Every setting by its name in gatewright.toml. The flag has dashes, the variable is in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", enable_decoding=False)

    data_dir: Path = Path("gatewright-data")
    catalog: Annotated[str, AfterValidator(_catalog)] | None = None
    state: Annotated[str, AfterValidator(_valkey)] | None = None
    listen: AddressOption = Address("0.0.0.0", 8080)
    management: AddressOption = Address("127.0.0.1", 8081)
    workers: Annotated[int, Field(ge=1, le=1024, default_factory=usable_cores)]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$")] = "us-east-1"
    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")] = "000000000000"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy_protocol: bool = False
    backend_ca_bundle: Path | None = None
    tracing: Tracing | None = None  # None: by command
    lambda_endpoint: Annotated[str, AfterValidator(_url)] | None = None
    issuers: Issuers = Field(default_factory=dict)
    issuer_keys_lifetime: Annotated[float, Field(gt=0, le=3600)] = 3600.0
    issuer_refetch_floor: Annotated[float, Field(ge=0, le=3600)] = 5.0
    test_issuer: bool | None = None  # None: by command
    services: Services = Field(default_factory=dict)
    roles: Roles = Field(default_factory=dict)
    load_balancers: LoadBalancers = Field(default_factory=dict)
    openapi_strict: bool = False
    drain_timeout: Annotated[float, Field(ge=0, le=3600)] = 30.0
    drain_delay: Annotated[float, Field(ge=0, le=3600)] = 0.0
    max_body_bytes: Annotated[int, Field(ge=1, le=1_073_741_824)] = DEFAULTS.body_bytes
    max_header_bytes: Annotated[int, Field(ge=256, le=1_048_576)] = DEFAULTS.header_bytes
    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = DEFAULTS.connections
    header_timeout: Annotated[float, Field(gt=0, le=3600)] = DEFAULTS.header_timeout
    body_timeout: Annotated[float, Field(gt=0, le=3600)] = DEFAULTS.body_timeout
    idle_timeout: Annotated[float, Field(gt=0, le=86_400)] = DEFAULTS.idle_timeout
    max_integration_timeout_ms: Annotated[int, Field(ge=50, le=3_600_000)] = DEFAULTS.integration_timeout_ms
    max_function_instances: Annotated[int, Field(ge=1, le=10_000)] = DEFAULTS.function_instances
    function_idle_timeout: Annotated[float, Field(gt=0, le=86_400)] = DEFAULTS.function_idle_timeout
    account_rate_limit: Annotated[float, Field(ge=0, le=1e9)] | None = None
    account_burst_limit: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    # Where they are None, it is the command that says how much.
    state_counters_bytes: Annotated[int, Field(ge=STATE_LEAST, le=STATE_MOST)] | None = None
    state_policies_bytes: Annotated[int, Field(ge=STATE_LEAST, le=STATE_MOST)] | None = None
    state_responses_bytes: Annotated[int, Field(ge=RESPONSES_LEAST, le=STATE_MOST)] | None = None
    join_cache_misses: bool = CACHE.join_misses
    cache_key_lifetime: Annotated[float, Field(ge=1, le=31_536_000)] = CACHE.key_lifetime
    dev_listen: Annotated[Address, BeforeValidator(_address), AfterValidator(_loopback)] = Address(
        "127.0.0.1", 4566
    )
    dev_data_dir: Path | None = None
    principals: Annotated[tuple[PrincipalOption, ...], AfterValidator(no_key_twice)] = ()

    def for_serve(self) -> Settings:
        tracing = self.tracing or "tagged"
        sizes = StateSizes()
        on: TestIssuer = "mapped" if self.test_issuer else "off"
        where = self._settings(self.data_dir, self.listen, self.management, self.workers, tracing, sizes, on)
        return replace(where, catalog=self.catalog, valkey=self.state)

    def for_dev(self, data_dir: Path) -> Settings:
        tracing = self.tracing or "all"
        on: TestIssuer = "off" if self.test_issuer is False else "unmapped"
        return self._settings(data_dir, self.dev_listen, self.dev_listen, 1, tracing, DEV_STATE, on)

    def _settings(
        self,
        data_dir: Path,
        listen: Address,
        management: Address,
        workers: int,
        tracing: Tracing,
        sizes: StateSizes,
        test_issuer: TestIssuer,
    ) -> Settings:
        """Raises `BadOptions`."""
        if test_issuer == "off":
            self._check_no_test_issuer()
        return Settings(
            data_dir=data_dir.absolute(),
            listen=listen,
            management=management,
            workers=workers,
            region=self.region,
            account_id=self.account_id,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            proxy_protocol=self.proxy_protocol,
            backend_ca_bundle=self.backend_ca_bundle,
            tracing=tracing,
            lambda_endpoint=self.lambda_endpoint,
            issuers=self.issuers,
            issuer_keys_lifetime=self.issuer_keys_lifetime,
            issuer_refetch_floor=self.issuer_refetch_floor,
            test_issuer=test_issuer,
            services=service_settings(self.services, self.roles),
            load_balancers={arn: given.load_balancer() for arn, given in self.load_balancers.items()},
            openapi_strict=self.openapi_strict,
            drain_timeout=self.drain_timeout,
            drain_delay=self.drain_delay,
            limits=Limits(
                body_bytes=self.max_body_bytes,
                header_bytes=self.max_header_bytes,
                connections=self.max_connections,
                header_timeout=self.header_timeout,
                body_timeout=self.body_timeout,
                idle_timeout=self.idle_timeout,
                integration_timeout_ms=self.max_integration_timeout_ms,
                function_instances=self.max_function_instances,
                function_idle_timeout=self.function_idle_timeout,
                account_rate=self.account_rate_limit,
                account_burst=self.account_burst_limit,
            ),
            state=StateSizes(
                self.state_counters_bytes or sizes.counters_bytes,
                self.state_policies_bytes or sizes.policies_bytes,
                self.state_responses_bytes or sizes.responses_bytes,
            ),
            cache=CacheSettings(self.join_cache_misses, self.cache_key_lifetime),
            principals=tuple(principal.documents() for principal in self.principals),
        )

    def _check_no_test_issuer(self) -> None:
        mapped = [name for name, place in self.issuers.items() if place.url == TEST_ISSUER]
        if mapped:
            raise BadOptions(
                f"issuers: {', '.join(mapped)} is the {TEST_ISSUER}'s, which is off: set test_issuer = true"
            )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The file's values come through `load`, under the variables; there are no other sources."""
        return init_settings, env_settings
