"""One LMDB environment: a memory-mapped file that the processes of one machine share.

Two ways to keep it:

- *volatile*: pages are written in the shared map, without a system call. A commit outlives the death of
  any process, kill -9 included: the pages are the kernel's, a half-done transaction is in none that is in
  use, and the writers' lock passes on. It does not outlive the machine: pages reach the disk in any order.
- *durable*: a commit is on the disk before it returns, as LMDB does by itself.

A writer waits for the writer before it, without a time-out: LMDB has none. So transactions are tiny, and
none is held across an await. A process stopped inside one (SIGSTOP, a debugger) holds up all others that
write until it goes on or is killed; a reader stopped inside one keeps pages from being used again, until the
file is full.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path
from typing import TypeAlias, TypeVar

import lmdb

from gatewright.state.api import Size, StateUnavailable
from gatewright.state.faults import unavailable

Result = TypeVar("Result")
Transaction: TypeAlias = "lmdb.Transaction[bytes]"

DATA = "data.mdb"
_BLOCK = 512  # bytes, what st_blocks counts
READERS = 1024  # processes times threads that read at once
SPARE_READERS = 8  # read transactions a process keeps for use again
FULL = 0.75  # of the file: past it no row is added, so that there is room to delete some


class Environment:
    """An open environment, of `size` bytes. Open it after a fork, once in a process.

    `reserve` takes the room on the disk at once; for the only process that has the environment open.
    Raises `StateUnavailable`, here and in every method, when it cannot be used.
    """

    def __init__(self, path: Path, size: int, *, durable: bool, reserve: bool = False) -> None:
        self._file = path / DATA
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lmdb = lmdb.open(
                str(path),
                map_size=-(-size // PAGESIZE) * PAGESIZE,
                mode=0o600,
                max_readers=READERS,
                max_spare_txns=SPARE_READERS,
                sync=durable,
                metasync=durable,
                writemap=not durable,
            )
        except (OSError, lmdb.Error) as error:
            raise unavailable(self._file, error) from error
        if reserve:
            self._reserve(size)

    def write(self, action: Callable[[Transaction], Result]) -> Result:
        """Run `action` as the only writer; commit, unless it raises or aborts the transaction itself.

        It runs again if the file seems full only because a dead process still counts as a reader.
        """
        try:
            try:
                with self._lmdb.begin(write=True) as txn:
                    return action(txn)
            except lmdb.MapFullError:
                self._lmdb.reader_check()
                with self._lmdb.begin(write=True) as txn:
                    return action(txn)
        except lmdb.Error as error:
            raise unavailable(self._file, error) from error

    def read(self, action: Callable[[Transaction], Result]) -> Result:
        """Run `action` on a snapshot; to be short, for pages are not used again as long as it runs."""
        try:
            with self._lmdb.begin() as txn:
                return action(txn)
        except lmdb.Error as error:
            raise unavailable(self._file, error) from error

    def get(self, key: bytes) -> bytes | None:
        """One row, as it is now."""
        try:
            with self._lmdb.begin() as txn:
                return txn.get(key)
        except lmdb.Error as error:
            raise unavailable(self._file, error) from error

    def require_room(self, txn: Transaction) -> None:
        """Ask before a row is added: deleting takes free pages too, and must go on being possible."""
        if not self.has_room(txn):
            raise StateUnavailable(
                f"The state {self._file} is full: rows that are of no use are removed by and by; "
                "if that is not enough, raise its size and start Gatewright again"
            )

    def has_room(self, txn: Transaction, more: int = 0) -> bool:
        """Whether rows of `more` bytes may be added."""
        size = self._size(txn)
        return size.used_bytes + more < size.total_bytes * FULL

    def size(self) -> Size:
        return self.read(self._size)

    def clear_dead_readers(self) -> int:
        """Free the places of readers that were killed; how many."""
        try:
            return self._lmdb.reader_check()
        except lmdb.Error as error:
            raise unavailable(self._file, error) from error

    def close(self) -> None:
        self._lmdb.close()

    def _size(self, txn: Transaction) -> Size:
        stat = txn.stat()
        pages = stat["leaf_pages"] + stat["branch_pages"] + stat["overflow_pages"]
        return Size(stat["entries"], pages * stat["psize"], self._lmdb.info()["map_size"])

    def _reserve(self, size: int) -> None:
        """A page of the map that the disk has no room for would end the process that writes it, by SIGBUS."""
        try:
            descriptor = os.open(self._file, os.O_RDWR)
            try:
                if os.fstat(descriptor).st_blocks * _BLOCK < size:
                    os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.close()
            raise unavailable(self._file, error) from error


def scan(txn: Transaction, first: bytes, past: bytes, most: int) -> list[tuple[bytes, bytes]]:
    """Up to `most` rows with keys from `first` up to, not including, `past`."""
    rows: list[tuple[bytes, bytes]] = []
    with txn.cursor() as cursor:
        if not cursor.set_range(first):
            return rows
        for key, value in cursor:
            if key >= past or len(rows) == most:
                break
            rows.append((key, value))
    return rows
