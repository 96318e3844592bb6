"""Whether any process flushed a cache: a number that all processes of the machine map, read without a call.

It is another one after each flush. Who reads the number first and the cache then knows, as long as the number
stays, that nothing was flushed of what he found.
"""

from __future__ import annotations

import os
from mmap import mmap
from pathlib import Path
from struct import calcsize
from typing import final

from gatewright.state.faults import unavailable

_BYTES = calcsize("=Q")


@final
class Flushes:
    """The number in the file `path`, made if need be. Raises `StateUnavailable` when that cannot be done."""

    def __init__(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _BYTES)
                self._number = memoryview(mmap(descriptor, _BYTES)).cast("Q")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise unavailable(path, error) from error

    def number(self) -> int:
        return self._number[0]

    def tell(self) -> None:
        """Call it once a flush is committed: who sees the new number sees the flush too.

        Drawn, not counted: no process can write a number again that another saw before.
        """
        self._number[0] = int.from_bytes(os.urandom(_BYTES))
