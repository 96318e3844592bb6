"""The keys that issuers sign with: fetched when a token first needs them, kept, and asked for again in time.

    key set, younger than an hour      used as it is
    older, or a key id it does not have    asked for again, but not within some seconds of the last time
    the issuer does not answer         the old keys go on verifying; it is asked again later

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from gatewright.aws import strict_json
from gatewright.gateway.integrations.uri import InvalidEndpoint, split
from gatewright.gateway.issuers import TEST_ISSUER, IssuerSettings, Source
from gatewright.wire.client import Client, ClientLimits
from gatewright.wire.pending import Pending, drive
from gatewright.wire.upstream_errors import UpstreamError

if TYPE_CHECKING:
    from gatewright.aws.jwt.keys import KeySet

ANSWER_SECONDS = 5.0
KEY_CLIENT = ClientLimits(connections=4, connect_timeout=5.0, idle_timeout=10.0, answer_bytes=262_144)

_DISCOVERY = "/.well-known/openid-configuration"
_USER_POOL_KEYS = "/.well-known/jwks.json"

log = logging.getLogger("gatewright")


class _Unusable(Exception):
    """What is wrong with an issuer's answer."""


class _Held:
    """What is known of one source."""

    __slots__ = ("asked", "failing", "fresh_until", "keys", "text", "waiting")

    def __init__(self) -> None:
        self.keys: KeySet | None = None
        self.text = b""  # that the keys were read from
        self.fresh_until = float("-inf")
        self.asked = float("-inf")  # when the last fetch began
        self.failing = ""  # why the last fetch failed
        self.waiting: list[Pending[None]] = []  # for the fetch under way


class KeySets:
    """The key sets of one process. A set that did not change stays the same object."""

    def __init__(
        self, client: Client, settings: IssuerSettings, test_keys: Callable[[], bytes] | None = None
    ) -> None:
        """`client` has `KEY_CLIENT`'s limits. `test_keys` tells the test issuer's key set; raises OSError."""
        self._client = client
        self._settings = settings
        self._test_keys = test_keys
        self._clock = client.timers.clock
        self._held: dict[Source, _Held] = {}

    def fresh(self, source: Source) -> KeySet | None:
        """The keys that a source has for certain; None when it is to be asked, by `find`."""
        held = self._held.get(source)
        return held.keys if held is not None and self._clock() < held.fresh_until else None

    async def find(self, source: Source, key_id: str) -> KeySet | None:
        """The keys of `source`, fetched if that may bring `key_id`; None if there never were any.

        Awaits only `Pending` values, no longer than two answers may take.
        """
        held = self._held.setdefault(source, _Held())
        known = held.keys is not None and key_id in held.keys.ids
        now = self._clock()
        if known and now < held.fresh_until:
            return held.keys
        if held.waiting or now - held.asked >= self._settings.refetch_floor:
            arrival = self._asked(source, held)
            if not (known and held.failing):  # old keys need not wait for an issuer that was down
                await arrival
        return held.keys

    def why_none(self, source: Source) -> str:
        """Why there are no keys of a source that was asked."""
        return self._held[source].failing

    def _asked(self, source: Source, held: _Held) -> Pending[None]:
        """Join the fetch under way, or begin one."""
        arrival: Pending[None] = Pending()
        held.waiting.append(arrival)
        if len(held.waiting) == 1:
            held.asked = self._clock()
            drive(self._fetch(source, held), lambda _: _release(held))
        return arrival

    async def _fetch(self, source: Source, held: _Held) -> None:
        from gatewright.aws.jwt.keys import KeysUnusable, read_keys  # large: nodes without tokens go without

        try:
            text = await self._text(source)
            keys = held.keys if held.keys and text == held.text else read_keys(text)
        except (KeysUnusable, UpstreamError, OSError, _Unusable) as error:
            self._failed(source, held, str(error))
        except Exception as error:
            log.exception("the keys of %s cannot be read", source.names[0])
            self._failed(source, held, str(error))
        else:
            if held.failing:
                log.info("the keys of %s can be fetched again", source.names[0])
            if keys is not held.keys and keys.left_out:
                log.info("of the keys of %s no use is made of %s", source.names[0], "; ".join(keys.left_out))
            held.keys, held.text, held.failing = keys, text, ""
            held.fresh_until = self._clock() + self._settings.keys_lifetime

    def _failed(self, source: Source, held: _Held, why: str) -> None:
        """Told once, until it works again."""
        if not held.failing:
            effect = "those it had go on" if held.keys else "its tokens are refused"
            log.warning("the keys of %s cannot be fetched, %s: %s", source.names[0], effect, why)
        held.failing = why
        if held.keys is not None:
            held.fresh_until = max(held.fresh_until, self._clock() + self._settings.refetch_floor)

    async def _text(self, source: Source) -> bytes:
        if source.url == TEST_ISSUER:
            if self._test_keys is None:
                raise _Unusable("the test issuer is off")
            return self._test_keys()
        base = source.url.rstrip("/")
        if not source.discovered:
            return await self._get(base + _USER_POOL_KEYS)
        document = await self._get(base + _DISCOVERY)
        return await self._get(_keys_url(source, document))

    async def _get(self, url: str) -> bytes:
        try:
            target, host, path, query = split(url, verify=True)
        except InvalidEndpoint as error:
            raise _Unusable(str(error)) from None
        asked = f"{path}?{query}" if query else path
        head = (
            f"GET {asked} HTTP/1.1\r\nHost: {host.decode('latin-1')}\r\n"
            "Accept: application/json\r\nUser-Agent: gatewright\r\n\r\n"
        )
        try:
            pool = self._client.pool(target)
            answer = await pool.send(head.encode("latin-1"), timeout=ANSWER_SECONDS, method="GET")
        except UpstreamError as error:
            raise _Unusable(f"{url}: {error}") from error
        if answer.status != 200:
            hint = "; redirects are not followed" if 300 <= answer.status < 400 else ""
            raise _Unusable(f"{url} answers {answer.status}{hint}")
        return answer.body


def _release(held: _Held) -> None:
    waiting, held.waiting = held.waiting, []
    for arrival in waiting:
        arrival.resolve(None)


def _keys_url(source: Source, document: bytes) -> str:
    """Where a discovery document says that the keys are; what it has below its own name is below the URL."""
    try:
        found = strict_json.loads(document)
    except strict_json.Ambiguous as error:
        raise _Unusable(f"its discovery document cannot be read: {error}") from None
    issuer, keys = (found.get("issuer"), found.get("jwks_uri")) if isinstance(found, dict) else (None, None)
    if issuer not in source.names:
        raise _Unusable(f"its discovery document is of {issuer!r}, not of {' or '.join(source.names)}")
    if not isinstance(keys, str) or not keys.startswith(("https://", "http://")):
        raise _Unusable(f"its discovery document has no jwks_uri: {keys!r}")
    if not source.mapped and not keys.startswith("https://"):
        raise _Unusable(f"its keys are not served over https: {keys!r}")
    for name in source.names if source.mapped else ():
        below = name.rstrip("/") + "/"
        if keys.startswith(below):
            return f"{source.url.rstrip('/')}/{keys[len(below) :]}"
    return keys
