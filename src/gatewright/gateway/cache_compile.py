"""A stage's cache settings and a method's key parameters become what its requests are cached by."""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.catalog.api import Document
from gatewright.gateway.cache import KeyPart, ResponseCache, joined, space_of
from gatewright.gateway.cache_control import invalidation
from gatewright.gateway.integrations.compile import DEFAULT_TIMEOUT_MS
from gatewright.gateway.method_settings import Entry, MethodSettings
from gatewright.gateway.request_values import Source, compile_source
from gatewright.gateway.router import METHODS
from gatewright.gateway.settings import GatewaySettings

GIGABYTE = 2**30
SMALLEST = "0.5"  # gigabytes
DEFAULT_TTL = 300  # seconds
EVERY_METHOD = "*"  # settings for it cache GET alone


class CacheCompiler:
    """What the caches of every method of one stage share."""

    def __init__(self, api_id: str, stage: Document, settings: GatewaySettings) -> None:
        self._space = space_of(api_id, stage["stageName"])
        self._deployment: str = stage["deploymentId"]
        self._variables: Mapping[str, str] = stage.get("variables", {})
        self._enabled: bool = stage.get("cacheClusterEnabled", False)
        self._most_bytes = int(float(stage.get("cacheClusterSize") or SMALLEST) * GIGABYTE)
        self._methods = MethodSettings(stage)
        self._settings = settings

    def compile(
        self, resource: Document, method: Document, integration: Document
    ) -> Mapping[str, ResponseCache] | None:
        """By verb; None where nothing is cached. Raises ValueError for a key parameter that is none."""
        mapped = integration.get("requestParameters") or {}
        names: list[str] = integration.get("cacheKeyParameters") or []
        parts = tuple(KeyPart(name, self._source(name, mapped)) for name in names)
        if not self._enabled:
            return None
        namespace: str = integration.get("cacheNamespace") or resource["id"]
        patience = integration.get("timeoutInMillis", DEFAULT_TIMEOUT_MS) / 1000
        http_method: str = method["httpMethod"]
        caches = {}
        for verb in METHODS if http_method == "ANY" else (http_method,):
            entry = self._methods.of(resource["path"], http_method, verb)
            if entry is not None and _caches(entry, verb):
                caches[verb] = self._cache(entry.settings, verb, namespace, parts, patience)
        return caches or None

    def _source(self, name: str, mapped: Mapping[str, str]) -> Source:
        """Of the request, or of what the integration's request parameters make of it."""
        if not name.startswith("integration.request."):
            return compile_source(name, self._variables)
        if name not in mapped:
            raise ValueError(f"cacheKeyParameters {name} is not among the integration's requestParameters")
        return compile_source(mapped[name], self._variables)

    def _cache(
        self,
        settings: Document,
        verb: str,
        namespace: str,
        parts: tuple[KeyPart, ...],
        patience: float,
    ) -> ResponseCache:
        encrypted: bool = settings.get("cacheDataEncrypted", False)
        kind = "encrypted" if encrypted else "plain"
        return ResponseCache(
            space=self._space,
            place=joined((self._space,)),
            prefix=joined(text.encode() for text in (self._deployment, namespace, verb, kind)),
            namespace=namespace,
            parts=parts,
            ttl=settings.get("cacheTtlInSeconds", DEFAULT_TTL),
            most_bytes=self._most_bytes,
            encrypted=encrypted,
            joins_misses=self._settings.join_cache_misses,
            patience=patience,
            invalidation=invalidation(
                settings.get("requireAuthorizationForCacheControl", True),
                settings.get("unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"),
            ),
        )


def _caches(entry: Entry, verb: str) -> bool:
    """Settings for every method cache GET alone; a time to live of 0 is none."""
    settings = entry.settings
    if not settings.get("cachingEnabled") or settings.get("cacheTtlInSeconds", DEFAULT_TTL) <= 0:
        return False
    return verb == "GET" or entry.method != EVERY_METHOD
