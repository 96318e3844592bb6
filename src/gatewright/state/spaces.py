"""Names in caches: a space, and a key in it, which may be a secret and of any length, so that a digest stands
for both."""

from __future__ import annotations

from hashlib import blake2b

SPACE_BYTES = 400  # of a space's name
DIGEST_BYTES = 24


def digest_of(space: bytes, key: bytes) -> bytes:
    check_space(space)
    return blake2b(
        bytes([len(space) >> 8, len(space) & 255]) + space + key, digest_size=DIGEST_BYTES
    ).digest()


def check_space(space: bytes) -> None:
    if not 0 < len(space) <= SPACE_BYTES:
        raise ValueError(f"A space has 1 to {SPACE_BYTES} bytes, {space[:40]!r} has {len(space)}")
