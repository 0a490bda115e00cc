"""Availability in Valkey, beside the positions: profiles, engagements and recent calls of those on
duty.

Rebuilt from MongoDB where it is missing. Who has no `calls` (an empty text: none) was not rebuilt
yet, whatever else is known of them. It makes a search cheap and never decides: who is called
or coming is what the call-outs hold. `profiles` has `<version>\\n<profile>`, `engaged`
`<call-out> <until, Unix seconds>`, `calls` Unix seconds separated by commas, `served` what the
call-outs say of calls accepted and left: a profile may lag behind it, and does not replace it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from jinan.coordinates import Point
from services.dispatch.availability.domain import Near, Profile, Served, decoded
from services.dispatch.position.store import (
    CALLS,
    DUTY,
    ENGAGED,
    GEO,
    PROFILES,
    SEEN,
    SERVED,
    Positions,
    to_time,
)

_MAX_CALLS = 1100  # characters: a hundred times of a call
# KEYS: positions, seen, on duty, engaged, calls, profiles, served. ARGV: longitude, latitude,
# limit, then the radius of each ring. Ring by ring, since where many are near a wide ring costs
# much and adds nothing.
_LOOK = """
local found = {}
for i = 4, #ARGV do
  found = redis.call('GEOSEARCH', KEYS[1], 'FROMLONLAT', ARGV[1], ARGV[2],
    'BYRADIUS', ARGV[i], 'm', 'ASC', 'COUNT', ARGV[3], 'WITHDIST')
  if #found >= tonumber(ARGV[3]) then break end
end
if #found == 0 then return {} end
local who, metres = {}, {}
for i, one in ipairs(found) do
  who[i], metres[i] = one[1], one[2]
end
return {who, metres,
  redis.call('ZMSCORE', KEYS[2], unpack(who)),
  redis.call('SMISMEMBER', KEYS[3], unpack(who)),
  redis.call('HMGET', KEYS[4], unpack(who)),
  redis.call('HMGET', KEYS[5], unpack(who)),
  redis.call('HMGET', KEYS[6], unpack(who)),
  redis.call('HMGET', KEYS[7], unpack(who))}
"""
# KEYS: on duty, engaged, calls. ARGV: call-out, until, time of the call (empty: no call), how many,
# and who, repeated. Returns who may not send positions. A repeat counts the call once; the call of
# somebody who was not rebuilt yet is found then.
_ENGAGE = """
local off, i = {}, 1
while i <= #ARGV do
  local held, call, last = ARGV[i] .. ' ' .. ARGV[i + 1], ARGV[i + 2], i + 3 + ARGV[i + 3]
  for j = i + 4, last do
    local who = ARGV[j]
    if redis.call('SISMEMBER', KEYS[1], who) == 0 then
      off[#off + 1] = who
    else
      redis.call('HSET', KEYS[2], who, held)
      if call ~= '' then
        local calls = redis.call('HGET', KEYS[3], who)
        if calls and not string.find(',' .. calls .. ',', ',' .. call .. ',', 1, true) then
          calls = calls == '' and call or calls .. ',' .. call
          if #calls > MAX then calls = string.match(string.sub(calls, -MAX), ',(.*)') end
          redis.call('HSET', KEYS[3], who, calls)
        end
      end
    end
  end
  i = last + 1
end
return off
""".replace("MAX", str(_MAX_CALLS))
# KEYS: engaged. ARGV: call-out, then who. Leaves an engagement for another call-out.
_RELEASE = """
for i = 2, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held and string.find(held, ARGV[1] .. ' ', 1, true) == 1 then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
"""
# KEYS: on duty, profiles, engaged, calls, served. ARGV: now, then who, version, profile,
# engagement, calls, served, repeated. The newest version of a profile counts. What is known of
# calls is kept, and of engagements unless their time is over; calls not read are `unread`.
_KEEP = """
for i = 2, #ARGV, 6 do
  local who = ARGV[i]
  if redis.call('SISMEMBER', KEYS[1], who) == 1 then
    local known = redis.call('HGET', KEYS[2], who)
    if not known or tonumber(string.match(known, '^%d+')) <= tonumber(ARGV[i + 1]) then
      redis.call('HSET', KEYS[2], who, ARGV[i + 1] .. '\\n' .. ARGV[i + 2])
    end
    local held = redis.call('HGET', KEYS[3], who)
    local over = held and tonumber(string.match(held, '%d+$')) <= tonumber(ARGV[1])
    if over and ARGV[i + 4] ~= 'unread' then redis.call('HDEL', KEYS[3], who) end
    if ARGV[i + 3] ~= '' then redis.call('HSETNX', KEYS[3], who, ARGV[i + 3]) end
    if ARGV[i + 4] ~= 'unread' then
      redis.call('HSETNX', KEYS[4], who, ARGV[i + 4])
      redis.call('HSET', KEYS[5], who, ARGV[i + 5])
    end
  end
end
"""


class Engaged(NamedTuple):
    """Volunteers whom a call-out holds, and until when that is believed. With `called_at` the call
    is counted, once."""

    callout: str
    volunteers: Sequence[str]
    until: datetime
    called_at: datetime | None = None


class Known(NamedTuple):
    """What MongoDB knows of a person."""

    version: int
    profile: Profile
    engaged: tuple[str, datetime] | None = None
    """The call-out, and until when that is believed."""
    calls: Sequence[datetime] | None = ()
    """None: not read, and `served` neither."""
    served: Served = Served()


class Availability:
    """Each call is one round trip, with the time limit of `Positions`."""

    def __init__(self, positions: Positions) -> None:
        self._look = positions.redis.register_script(_LOOK)
        self._engage = positions.redis.register_script(_ENGAGE)
        self._release = positions.redis.register_script(_RELEASE)
        self._keep = positions.redis.register_script(_KEEP)

    async def look(
        self, place: Point, rings_m: Sequence[int], limit: int, now: datetime
    ) -> list[Near]:
        """The nearest `limit` within the last ring, nearest first; equal distances by id."""
        columns: Any = await self._look(
            keys=[GEO, SEEN, DUTY, ENGAGED, CALLS, PROFILES, SERVED],
            args=[repr(place.longitude), repr(place.latitude), limit, *rings_m],
        )
        near = [
            Near(
                volunteer=who,
                distance_m=round(float(metres)),
                seen_at=None if seen is None else to_time(float(seen)),
                on_duty=bool(on_duty),
                engaged=_callout(engaged, now),
                calls=[int(at) for at in calls.split(",")] if calls else (),
                profile=_profile(profile, calls, engaged, served, now),
            )
            for who, metres, seen, on_duty, engaged, calls, profile, served in zip(
                *columns, strict=True
            )
        ]
        return sorted(near, key=lambda one: (one.distance_m, one.volunteer))

    async def engage(self, engagements: Sequence[Engaged]) -> list[str]:
        """They are held by the call-outs, until `release`, or for as long as is said.

        Returns those who may not send positions: off duty, unless the store lost it.
        """
        arguments: list[str | int] = []
        for one in engagements:
            call = "" if one.called_at is None else _seconds(one.called_at)
            arguments += [one.callout, _seconds(one.until), call]
            arguments += [len(one.volunteers), *one.volunteers]
        return await self._engage(keys=[DUTY, ENGAGED, CALLS], args=arguments)

    async def release(self, callout: str, volunteers: Collection[str]) -> None:
        """They are not held by this call-out any more."""
        if volunteers:
            await self._release(keys=[ENGAGED], args=[callout, *volunteers])

    async def keep(self, people: Mapping[str, Known], now: datetime) -> None:
        """Keep what was read from MongoDB, of those who may send positions."""
        arguments: list[str | int] = [_seconds(now)]
        for who, known in people.items():
            unread = known.calls is None
            calls = "unread" if unread else ",".join(map(_seconds, known.calls or ()))
            held = f"{known.engaged[0]} {_seconds(known.engaged[1])}" if known.engaged else ""
            arguments += [who, known.version, known.profile.encode(), held, calls]
            arguments.append(known.served.encode())
        if people:
            await self._keep(keys=[DUTY, PROFILES, ENGAGED, CALLS, SERVED], args=arguments)


def _profile(
    profile: str | None, calls: str | None, engaged: str | None, served: str | None, now: datetime
) -> Profile | None:
    """None: it has to be rebuilt, also where an engagement ran out and nothing told of its end:
    then what followed from it was not told either."""
    ran_out = engaged is not None and _callout(engaged, now) is None
    found = None if calls is None or ran_out else decoded(profile)
    return found and found.with_served(Served.decode(served))


def _callout(engaged: str | None, now: datetime) -> str | None:
    if engaged is None:
        return None
    callout, _, until = engaged.partition(" ")
    return callout if int(until) > now.timestamp() else None


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
