"""What Valkey runs for us: each script is one atomic step on the keys of one slot.

Time is the server's, so that machines whose clocks differ fill one bucket; a test may give its own. Days and
periods come from the gateway. The rows of days are those of `quotas`, packed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from valkey.exceptions import NoScriptError

from gatewright.state.periods import USAGE_DAYS
from gatewright.state.valkey_servers import Client


class Script:
    """One script. Called by its digest, with its text where the server does not know it yet."""

    def __init__(self, *parts: str) -> None:
        self._text = "".join(parts)
        self._sha = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def run(self, client: Client, keys: Sequence[bytes], *arguments: Any) -> Any:
        try:
            return client.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return client.eval(self._text, len(keys), *keys, *arguments)


# The first argument is the time in seconds, empty for the server's.
_NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
"""

# A write that everything else here could do too: whether the server is of use.
PROBE = Script("return redis.call('SET', KEYS[1], '1', 'PX', 1000)")

# key | now, rate, burst, tokens wanted, tokens given back -> tokens granted, microseconds until there is one
BUCKET = Script(
    _NOW,
    """
local rate, burst, want, back = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local tokens, at = burst, now
local row = redis.call('GET', KEYS[1])
if row then
  tokens, at = struct.unpack('<dd', row)
  if now > at then tokens = tokens + (now - at) * rate end
end
tokens = math.min(tokens + back, burst)
if rate == 0 or burst == 0 then return {0, -1} end
local granted = math.min(want, math.floor(tokens))
tokens = tokens - granted
local full = math.min((burst - tokens) / rate * 1000 + 1000, 1e12)
redis.call('SET', KEYS[1], struct.pack('<dd', tokens, now), 'PX', string.format('%.0f', full))
return {granted, math.max(0, math.min(math.ceil((1 - tokens) / rate * 1000000), 1e15))}
""",
)

# Days are fields of KEYS[1]; holds are fields of KEYS[2], by holder: what it said it used in all, what it may
# use without asking, the day and period these belong to, the limit, and when it counts as dead.
_QUOTA = (
    _NOW
    + """
local function day_row(day)
  local row = redis.call('HGET', KEYS[1], day)
  if row then return struct.unpack('<I8I8i8i4i8', row) end
end
local function put_day(day, used, before, extra, start, limit)
  local row = struct.pack('<I8I8i8i4i8', math.max(0, used), before, extra, start, limit)
  if redis.call('HSET', KEYS[1], day, row) == 1 then
    for _, old in ipairs(redis.call('HKEYS', KEYS[1])) do
      if tonumber(old) < day - KEPT_DAYS then redis.call('HDEL', KEYS[1], old) end
    end
  end
  redis.call('EXPIRE', KEYS[1], (KEPT_DAYS + 1) * 86400)
end
local function opened(day, start)
  local used, before, extra = 0, 0, 0
  for each = start, day do
    local of_day, _, granted, began = day_row(each)
    if of_day then
      if began == start then extra = granted end
      if each == day then used = of_day else before = before + of_day end
    end
  end
  return used, before, extra
end
-- What others hold of the period; the holds of the dead become use.
local function held(me, start)
  local others, mine = 0, nil
  local fields = redis.call('HGETALL', KEYS[2])
  for n = 1, #fields, 2 do
    local total, hold, day, began, limit, expires = struct.unpack('<dddddd', fields[n + 1])
    if fields[n] == me then
      mine = total
    elseif expires < now then
      redis.call('HDEL', KEYS[2], fields[n])
      if hold > 0 then
        local used, before, extra = opened(day, began)
        put_day(day, used + hold, before, extra, began, limit)
      end
    elseif day >= start then
      others = others + hold
    end
  end
  return others, mine
end
"""
)


def _quota(text: str) -> Script:
    return Script(_QUOTA.replace("KEPT_DAYS", str(USAGE_DAYS)), text)


# days, holds | now, day, period's first day, limit or -1, holder, what it used in all, what it wants to hold,
# 1 if it may be unknown, seconds until it counts as dead -> 1, what it holds, what nobody holds; 0 if unknown
HOLD = _quota(
    """
local day, start, limit, me = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local total, want = tonumber(ARGV[6]), tonumber(ARGV[7])
local others, known = held(me, start)
if not known and ARGV[8] ~= '1' then return {0} end
local used, before, extra = opened(day, start)
local more = total - (known or 0)
if more ~= 0 then
  used = math.max(0, used + more)
  put_day(day, used, before, extra, start, limit)
end
local hold, spare = want, 0
if limit >= 0 then
  local room = limit + extra - used - before - others
  hold = math.max(0, math.min(want, room))
  spare = math.max(0, room - hold)
end
local row = struct.pack('<dddddd', total, hold, day, start, limit, now + ARGV[9])
redis.call('HSET', KEYS[2], me, row)
redis.call('EXPIRE', KEYS[2], 2 * 86400)
return {1, hold, spare}
"""
)

# days, holds | now, day, period's first day, limit, requests that remain
SET_REMAINING = _quota(
    """
local day, start, limit = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
held('', start)
local used, before = opened(day, start)
put_day(day, used, before, ARGV[5] - limit + used + before, start, limit)
"""
)

# days, holds | now -> day, row, day, row…
USAGE = _quota(
    """
held('', 0)
return redis.call('HGETALL', KEYS[1])
"""
)

# members | now, who, seconds that it counts -> how many there are
BEAT = Script(
    _NOW,
    """
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('EXPIRE', KEYS[1], 86400)
return redis.call('ZCARD', KEYS[1])
""",
)
LEAVE = Script("return redis.call('ZREM', KEYS[1], ARGV[1])")

# A space of a cache: its generation, its values by digest (behind the second they expire), and the digests in
# the order of their last use. The field `n` counts the values' bytes; ENTRY_BYTES is what each takes besides.
ENTRY_BYTES = 200  # measured at 110 to 160: two digests, a field, a place in the order, their tables
MOST_DROPPED = 100  # to make room for one, while others wait
_CACHE = (
    _NOW
    + """
local generation = redis.call('GET', KEYS[1]) or '0'
local function drop(digest)
  local size = redis.call('HSTRLEN', KEYS[2], digest)
  if size > 0 then
    redis.call('HDEL', KEYS[2], digest)
    redis.call('HINCRBY', KEYS[2], 'n', 8 - size)
  end
  redis.call('ZREM', KEYS[3], digest)
end
"""
)

# generation, values, order | now, digest -> generation, value or nothing
CACHED = Script(
    _CACHE,
    """
local row = redis.call('HGET', KEYS[2], ARGV[2])
if not row then return {generation, false} end
local expires = struct.unpack('<d', row)
if expires <= now then
  drop(ARGV[2])
  return {generation, false}
end
redis.call('ZADD', KEYS[3], now, ARGV[2])
return {generation, string.sub(row, 9)}
""",
)

# generation, values, order | now, digest, value, seconds to live, generation, most bytes -> 1 if kept
KEEP = Script(
    _CACHE,
    """
local size, most = #ARGV[3], tonumber(ARGV[6])
local function fits()
  local bytes = tonumber(redis.call('HGET', KEYS[2], 'n') or '0')
  return bytes + size + (redis.call('ZCARD', KEYS[3]) + 1) * ENTRY_BYTES <= most
end
if generation ~= ARGV[5] or size + ENTRY_BYTES > most then return 0 end
drop(ARGV[2])
if not fits() then
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[3], 0, MOST_DROPPED - 1)) do
    drop(oldest)
    if fits() then break end
  end
  if not fits() then return 0 end
end
redis.call('HSET', KEYS[2], ARGV[2], struct.pack('<d', now + ARGV[4]) .. ARGV[3])
redis.call('HINCRBY', KEYS[2], 'n', size)
redis.call('ZADD', KEYS[3], now, ARGV[2])
redis.call('EXPIRE', KEYS[2], SECONDS)
redis.call('EXPIRE', KEYS[3], SECONDS)
return 1
""".replace("SECONDS", "86400")
    .replace("ENTRY_BYTES", str(ENTRY_BYTES))
    .replace("MOST_DROPPED", str(MOST_DROPPED)),
)

# claim | now, who, seconds that it stands -> 1 if it was free
CLAIM = Script(
    _NOW,
    """
local row = redis.call('GET', KEYS[1])
if row and struct.unpack('<d', row) > now then return 0 end
row = struct.pack('<d', now + ARGV[3]) .. ARGV[2]
redis.call('SET', KEYS[1], row, 'PX', string.format('%.0f', ARGV[3] * 1000 + 1))
return 1
""",
)

# claim | now, who, seconds that it stands from now on
RENEW = Script(
    _NOW,
    """
local row = redis.call('GET', KEYS[1])
if not row or string.sub(row, 9) ~= ARGV[2] then return end
row = struct.pack('<d', now + ARGV[3]) .. ARGV[2]
redis.call('SET', KEYS[1], row, 'PX', string.format('%.0f', ARGV[3] * 1000 + 1))
""",
)

# claim | who
RELEASE = Script(
    """
local row = redis.call('GET', KEYS[1])
if row and string.sub(row, 9) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
)

# generation, values, order | now. A generation that is forgotten is 0 again: none is asked for so long.
FLUSH = Script(
    _NOW,
    """
local generation = math.max(now * 1000000, (redis.call('GET', KEYS[1]) or 0) + 1)
redis.call('SET', KEYS[1], string.format('%.0f', generation))
redis.call('EXPIRE', KEYS[1], 2 * 86400)
redis.call('UNLINK', KEYS[2], KEYS[3])
""",
)
