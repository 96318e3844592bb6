"""The unpacked code of functions: `functions/{digest}` in the data directory, shared by any processes.

Beside each directory stands its lock, `functions/.{digest}.lock`: shared by every process that runs from the
directory or builds it, and had alone by whoever removes it. The system lets go of the locks of a process that
is killed. What is being built or removed has a name of its own, `.{digest}.` and something: nobody runs from
it, and whoever next has the lock alone sweeps it away.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.functions import code

log = logging.getLogger(__name__)

_NAMES = re.compile(r"\.?([0-9a-f]{64})(\..+)?")  # directories, their locks, and what is unfinished


class Unpacked:
    """Belongs to its event loop; files are touched in threads."""

    def __init__(
        self, catalog: Catalog, loop: asyncio.AbstractEventLoop, directory: Path, limit: int
    ) -> None:
        """`limit` bounds the files of one digest, in bytes."""
        self._catalog = catalog
        self._loop = loop
        self._directory = directory
        self._limit = limit
        self._doubtful: set[str] | None = None  # digests that perhaps nobody needs any more; None: any
        self._sweeping: asyncio.Future[set[str] | None] | None = None

    @asynccontextmanager
    async def held(self, partition: Partition, digest: str) -> AsyncIterator[Path]:
        """The directory of the code, unpacked now if need be, which stays for as long as it is held.

        Raises BadCode, OSError or CatalogUnavailable.
        """
        lock = await self._loop.run_in_executor(None, self._hold, partition, digest)
        try:
            yield self._directory / digest
        finally:
            os.close(lock)

    def doubt(self, digests: set[str] | None) -> None:
        """Some use of these digests has ended; None: perhaps of any."""
        if digests is None or self._doubtful is None:
            self._doubtful = None
        else:
            self._doubtful |= digests

    def sweep(self) -> None:
        """Remove what is doubtful and has no use in the catalog. What still runs somewhere is left for the
        next sweep, like everything when the catalog cannot be read."""
        if self._sweeping is None and self._doubtful != set():
            doubtful, self._doubtful = self._doubtful, set()
            self._sweeping = self._loop.run_in_executor(None, self._remove_unused, doubtful)
            self._sweeping.add_done_callback(self._swept)

    async def close(self) -> None:
        if self._sweeping is not None:
            await asyncio.wait([self._sweeping])

    def _swept(self, sweeping: asyncio.Future[set[str] | None]) -> None:
        self._sweeping = None
        self.doubt(sweeping.result())

    # In threads

    def _hold(self, partition: Partition, digest: str) -> int:
        """The descriptor of the lock."""
        self._directory.mkdir(parents=True, exist_ok=True)
        lock = _locked(self._lock_path(digest), fcntl.LOCK_SH)
        try:
            if not (self._directory / digest).is_dir():
                self._unpack(partition, digest)
        except BaseException:
            os.close(lock)
            raise
        return lock

    def _unpack(self, partition: Partition, digest: str) -> None:
        with self._catalog.read(partition) as reader:
            zipped = reader.get_blob(digest)
        if zipped is None:
            raise code.BadCode(f"the catalog has no code {digest}")
        code.unpack(zipped, self._directory / digest, self._limit)

    def _remove_unused(self, doubtful: set[str] | None) -> set[str] | None:
        """Those that must be looked at again."""
        try:
            return {digest for digest in self._there(doubtful) if not self._settle(digest)}
        except CatalogUnavailable:
            return doubtful

    def _there(self, doubtful: set[str] | None) -> set[str]:
        try:
            names = os.listdir(self._directory)
        except FileNotFoundError:
            return set()  # nothing was unpacked yet
        found = {match[1] for match in map(_NAMES.fullmatch, names) if match is not None}
        return found if doubtful is None else found & doubtful

    def _settle(self, digest: str) -> bool:
        """Remove what nobody needs of a digest; False if that must wait for somebody who has it in hand.

        Who begins to need it meanwhile finds nothing, and unpacks it again.
        """
        needed = bool(self._catalog.partitions(keys.below("code", digest)))
        try:
            with _alone(self._lock_path(digest)) as is_alone:
                if is_alone:
                    self._remove(digest, needed)
                return is_alone or needed
        except OSError as error:
            log.warning("unpacked code %s cannot be removed: %s", self._directory / digest, error)
            return True

    def _remove(self, digest: str, needed: bool) -> None:
        target = self._directory / digest
        if target.is_dir() and not needed:
            os.rename(target, tempfile.mkdtemp(prefix=f".{digest}.", dir=self._directory))
        for unfinished in self._unfinished(digest):
            shutil.rmtree(unfinished)
        if not target.is_dir():
            self._lock_path(digest).unlink()

    def _unfinished(self, digest: str) -> Iterable[Path]:
        lock = self._lock_path(digest)
        return [path for path in self._directory.glob(f".{digest}.*") if path != lock]

    def _lock_path(self, digest: str) -> Path:
        return self._directory / f".{digest}.lock"


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Have the lock alone, if nobody else has it."""
    try:
        lock = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


def _locked(path: Path, how: int) -> int:
    """The descriptor of a lock file, locked. Whoever had it alone may have removed the file: then what was
    locked is no lock any more, and another is made."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            if _is(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
