"""The scripts that write online rows: the one Redis step that can look before it writes.

KEYS[1] is the fence of the copy of data and ARGV[1] the writer's, so that a writer whose place was taken changes
nothing; the rest are rows. Numbers are compared as numbers, 32 bits at a time: Lua compares strings by the server's
locale, and its numbers are exact to 53 bits only. A call takes a bounded number of rows, because Redis does nothing
else meanwhile.
"""

import hashlib
from dataclasses import dataclass, field

_OLDER = """
local function older(a, b, size)
  for at = 1, size, 4 do
    local x, y = struct.unpack('>I4', a, at), struct.unpack('>I4', b, at)
    if x ~= y then return x < y end
  end
  return false
end
"""

_TAKE_FENCE = """
local fence = redis.call('GET', KEYS[1])
if fence and older(ARGV[1], fence, 16) then return -1 end
if fence ~= ARGV[1] then redis.call('SET', KEYS[1], ARGV[1]) end
"""

_KEEP_NEWEST = """
local held = redis.call('MGET', unpack(KEYS, 2))
local fresh = {}
for i = 2, #KEYS do
  local row, before = ARGV[i], held[i - 1]
  if not before or not older(row, before, 24) then
    fresh[#fresh + 1] = KEYS[i]
    fresh[#fresh + 1] = row
  end
end
if #fresh > 0 then redis.call('MSET', unpack(fresh)) end
return #fresh / 2
"""

# Of a key's two arguments the first is what takes the row's place (empty: nothing), the second the order of the row
# that was taken away. Any other row that is held meanwhile is somebody's newer word, to be treated as such.
_TAKE_AWAY = """
local held = redis.call('MGET', unpack(KEYS, 2))
local fresh, gone = {}, {}
for i = 2, #KEYS do
  local row, order, before = ARGV[2 * i - 2], ARGV[2 * i - 1], held[i - 1]
  local ours = before and string.sub(before, 1, 24) == order
  if row == '' then
    if ours then gone[#gone + 1] = KEYS[i] end
  elseif ours or not before or not older(row, before, 24) then
    fresh[#fresh + 1] = KEYS[i]
    fresh[#fresh + 1] = row
  end
end
if #fresh > 0 then redis.call('MSET', unpack(fresh)) end
if #gone > 0 then redis.call('UNLINK', unpack(gone)) end
return #fresh / 2 + #gone
"""


@dataclass(frozen=True, slots=True)
class Script:
    """Answers -1 where the writer is fenced out."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


TAKE_FENCE = Script(f"{_OLDER}{_TAKE_FENCE}return 0")
KEEP_NEWEST = Script(_OLDER + _TAKE_FENCE + _KEEP_NEWEST)
TAKE_AWAY = Script(_OLDER + _TAKE_FENCE + _TAKE_AWAY)
