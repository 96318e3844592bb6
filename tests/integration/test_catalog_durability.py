"""The catalog between processes: nothing acknowledged is lost, nothing torn is seen, changes are noticed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gatewright.catalog.api import Partition
from gatewright.catalog.sqlite import open_catalog

HOME = Partition("123456789012", "us-east-1")
ROUNDS = 25

# Writes pairs of documents for ever, and says which pair is committed.
WRITER = """
import sys
from pathlib import Path
from gatewright.catalog.api import Partition
from gatewright.catalog.sqlite import open_catalog

directory, worker, first = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
catalog = open_catalog(directory)
for number in range(first, int(sys.argv[4])):
    with catalog.write(Partition("123456789012", "us-east-1")) as tx:
        for half in ("left", "right"):
            tx.put(f"{worker}/{number}/{half}", {"number": number, "text": f"{number:08}" * 400})
    print(number, flush=True)
"""

# Meets a full disk three times (a bound on the size of its files stands in for it), then gets room again.
FULL_DISK = """
import resource, sys
from pathlib import Path
from gatewright.catalog.api import CatalogUnavailable, Partition
from gatewright.catalog.sqlite import open_catalog

home = Partition("123456789012", "us-east-1")
catalog = open_catalog(Path(sys.argv[1]))
with catalog.write(home) as tx:
    tx.put("a/before", {})
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
for _ in range(3):
    try:
        with catalog.write(home) as tx:
            for number in range(100):
                tx.put(f"a/{number}", {"text": "x" * 100_000})
    except CatalogUnavailable as error:
        print(error)
    with catalog.read(home) as reader:
        assert reader.get("a/before") == {}
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
with catalog.write(home) as tx:
    tx.put("a/after", {})
"""

FOREVER = 10**9


@contextmanager
def writing(
    directory: Path, worker: str, first: int = 0, end: int = FOREVER
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(directory), worker, str(first), str(end)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str]) -> list[int]:
    """What a killed writer had said; a last line cut short was not said."""
    assert process.stdout is not None
    return [int(line) for line in process.stdout if line.endswith("\n")]


def check_pairs(directory: Path, worker: str) -> int:
    """Every pair is whole; how many there are, counted without a gap from 0."""
    catalog = open_catalog(directory)
    with catalog.read(HOME) as reader:
        found = dict(reader.list(f"{worker}/"))
    catalog.close()
    pairs = len(found) // 2
    assert set(found) == {f"{worker}/{n}/{half}" for n in range(pairs) for half in ("left", "right")}
    for key, document in found.items():
        number = int(key.split("/")[1])
        assert document == {"number": number, "text": f"{number:08}" * 400}
    return pairs


def test_no_acknowledged_write_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    written = 0
    for round_number in range(ROUNDS):
        with writing(tmp_path, "w", written) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())
            for _ in range(round_number % 7):  # die at another point of the write-ahead log each time
                process.stdout.readline()
            process.kill()
            said = [first, *acknowledged(process)]
        there = check_pairs(tmp_path, "w")
        assert there >= max(said) + 1
        written = there
    catalog = open_catalog(tmp_path)
    assert catalog.revision() == written
    catalog.close()


def test_writers_contend_and_all_get_through(tmp_path: Path) -> None:
    count = 40
    with writing(tmp_path, "a", end=count) as one, writing(tmp_path, "b", end=count) as other:
        assert acknowledged(one) == acknowledged(other) == list(range(count))
        assert (one.wait(30), other.wait(30)) == (0, 0)
    assert check_pairs(tmp_path, "a") == check_pairs(tmp_path, "b") == count
    catalog = open_catalog(tmp_path)
    assert catalog.revision() == 2 * count
    catalog.close()


def test_processes_may_open_a_new_catalog_together(tmp_path: Path) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(writing(tmp_path, f"w{n}", end=1)) for n in range(6)]
        assert [acknowledged(writer) for writer in writers] == [[0]] * 6
    catalog = open_catalog(tmp_path)
    assert catalog.revision() == 6
    catalog.close()


def test_threads_of_one_process_contend_and_lose_no_update(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path)

    def count_up() -> None:
        for _ in range(20):
            with catalog.write(HOME) as tx:
                tx.put("counter", {"n": (tx.get("counter") or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with catalog.read(HOME) as reader:
        assert reader.get("counter") == {"n": 120}
    catalog.close()


def test_another_processs_change_is_noticed_and_told_by_the_feed(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path)
    assert catalog.changed() is False
    with writing(tmp_path, "w", end=1) as process:
        wait_for_change = time.monotonic() + 30
        while not catalog.changed():
            assert process.poll() in (None, 0)
            assert time.monotonic() < wait_for_change
        assert [change.key for change in catalog.changes(0)] == ["w/0/left", "w/0/right"]
        assert acknowledged(process) == [0]
    catalog.close()


def test_a_full_disk_refuses_writes_and_room_on_it_lets_them_in_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    seen = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert len(seen) == 3
    for message in seen:
        assert re.search(r"catalog\.sqlite3 cannot .*: make room on the disk", message)
    catalog = open_catalog(tmp_path)
    with catalog.read(HOME) as reader:
        assert [key for key, _ in reader.list("a/")] == ["a/after", "a/before"]
    catalog.close()
