"""What cached responses are encrypted with: a ring of AES-256 keys that stands in the catalog, while the
responses are in the shared state; so all nodes have the same, and neither store gives anything away alone.

The newest key encrypts. It is replaced when it is as old as the owner wants, and older ones stay as long as
something that they encrypted may be alive. An encrypted value is the key's id, a random nonce and what
AES-GCM makes of the two; it opens only in the place it was made for.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import TYPE_CHECKING

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Document

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
OPENED, OPENED_BYTES = 256, 8192  # values that a process remembers the plain text of
RETRY_SECONDS = 1.0  # until a ring is read again that could not be read
KEPT_SECONDS = 3600 + 300  # past a key's successor: Amazon's longest time to live, and clocks that differ

log = logging.getLogger(__name__)

Ring = Mapping[bytes, bytes]  # keys by id, the newest last


class CacheKeys:
    """The ring as this process knows it. Used on the event loop."""

    def __init__(self, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
        self._catalog = catalog
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache-keys")
        self._ring: Ring = {}
        self._ciphers: dict[bytes, AESGCM] = {}  # of the keys that were used
        self._opened: dict[tuple[bytes, bytes], bytes] = {}
        self._mismatch: tuple[type[Exception], ...] = ()  # what they raise for the wrong place or bytes
        self._newest: bytes | None = None
        self._retry: asyncio.TimerHandle | None = None  # while it could not be read
        self._closed = False

    def start(self) -> None:
        """Read it a first time, now or once the catalog can be read."""
        try:
            self._learned(_read(self._catalog))
        except CatalogUnavailable as error:
            self._unread(error)

    def close(self) -> None:
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def changed(self, changes: list[Change]) -> None:
        """Read the ring again when one of these is about it, or may be (the key `""`)."""
        if any(change.key in ("", keys.CACHE_KEYS) for change in changes):
            self._thread.submit(self._read_again)

    def seal(self, plain: bytes, place: bytes) -> bytes | None:
        """`plain` encrypted, to be opened with the same `place` only; None while there is no key."""
        newest = self._newest
        if newest is None:
            return None
        nonce = os.urandom(NONCE_BYTES)
        return newest + nonce + self._cipher(newest).encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytes | None:
        """What was sealed; None if its key is not known here, or if it was not sealed for this place."""
        plain = self._opened.get((sealed, place))
        if plain is not None:
            return plain
        plain = self._decrypted(sealed, place)
        if plain is not None and len(sealed) <= OPENED_BYTES:
            if len(self._opened) >= OPENED:
                self._opened.clear()
            self._opened[sealed, place] = plain
        return plain

    def _decrypted(self, sealed: bytes, place: bytes) -> bytes | None:
        key_id = sealed[:ID_BYTES]
        if key_id not in self._ring:
            return None
        begin = ID_BYTES + NONCE_BYTES
        cipher = self._cipher(key_id)
        try:
            return cipher.decrypt(sealed[ID_BYTES:begin], sealed[begin:], place)
        except self._mismatch:
            return None

    def _cipher(self, key_id: bytes) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            # The library is large, and most workers encrypt nothing.
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._mismatch = (InvalidTag,)
            cipher = self._ciphers[key_id] = AESGCM(self._ring[key_id])
        return cipher

    def _read_again(self) -> None:
        """In the thread."""
        try:
            ring = _read(self._catalog)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._unread, error)
        else:
            self._loop.call_soon_threadsafe(self._learned, ring)

    def _unread(self, error: Exception) -> None:
        """Go on with what is known, and try again."""
        if self._closed:
            return
        if self._retry is None:
            log.error("the keys of cached responses cannot be read, going on with those known: %s", error)
        else:
            self._retry.cancel()
        self._retry = self._loop.call_later(RETRY_SECONDS, self._thread.submit, self._read_again)

    def _learned(self, ring: Ring) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._ring = ring
        self._opened.clear()
        self._ciphers = {key_id: cipher for key_id, cipher in self._ciphers.items() if key_id in ring}
        self._newest = list(ring)[-1] if ring else None


def renew(catalog: Catalog, lifetime: float, now: float) -> bool:
    """Add a key if there is none, or none younger than `lifetime` seconds; drop those that nothing needs any
    more. Whether something changed. Any number of nodes may do it at once. Raises CatalogUnavailable."""
    with catalog.read(keys.NODES) as reader:
        if _renewed(reader.get(keys.CACHE_KEYS), lifetime, now) is None:
            return False
    with catalog.write(keys.NODES) as transaction:
        renewed = _renewed(transaction.get(keys.CACHE_KEYS), lifetime, now)  # again: another node may have
        if renewed is not None:
            transaction.put(keys.CACHE_KEYS, renewed)
    return renewed is not None


def _renewed(document: Document | None, lifetime: float, now: float) -> Document | None:
    """The document as it is to be from now on; None if that is how it is."""
    old: list[Document] = [] if document is None else document["keys"]
    ring = [key for key, successor in zip_longest(old, old[1:]) if _is_needed(successor, now)]
    if not ring or now - ring[-1]["createdDate"] >= lifetime:
        secret = base64.b64encode(os.urandom(KEY_BYTES)).decode()
        ring.append({"id": os.urandom(ID_BYTES).hex(), "key": secret, "createdDate": now})
    return None if ring == old else {"keys": ring}


def _is_needed(successor: Document | None, now: float) -> bool:
    return successor is None or bool(now - successor["createdDate"] < KEPT_SECONDS)


def _read(catalog: Catalog) -> Ring:
    with catalog.read(keys.NODES) as reader:
        document = reader.get(keys.CACHE_KEYS) or {"keys": []}
    return {bytes.fromhex(key["id"]): base64.b64decode(key["key"]) for key in document["keys"]}
