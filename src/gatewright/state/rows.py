"""The keys of the counters' rows: what kind, then which. Days come before owners, so that a day's rows are
neighbours: old ones are removed from the front, and only the last day's change."""

from __future__ import annotations

from struct import Struct

_DAY = Struct(">cI")

AHEAD = b"a"  # then a usage row's key, and which process holds some of it
AHEAD_END = b"b"
BUCKETS = b"b"  # then the bucket's key
BUCKETS_END = b"c"
USAGE = b"u"  # then the day, then the plan and key
USAGE_END = b"v"


def usage_key(day: int, owner: bytes) -> bytes:
    return _DAY.pack(USAGE, day) + owner
