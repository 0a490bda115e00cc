"""What lies beside the positions in Valkey: one look finds it, and none of it is believed for
ever."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from unittest.mock import Mock

import pytest

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from contracts.events.dispatch import CalloutDeclined, DutyStarted, VolunteerWithdrew
from jinan.coordinates import Point
from services.dispatch.availability.domain import Near, Profile, Served
from services.dispatch.availability.handlers import AvailabilityHandlers
from services.dispatch.availability.store import Availability, Engaged, Known
from services.dispatch.policy import POLICIES
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import PROFILES, Positions
from services.dispatch.responder.domain import Call, Engagement, Responder
from services.dispatch.responder.store import Responders
from services.dispatch.tests.town import redis_url
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
SCENE = Point(116.942, 36.6695)
RINGS = (500, 1000, 2000)
PROFILE = Profile(
    on_duty=True,
    approved=True,
    squad="squ_01",
    skills=("care",),
    birth_year=1980,
    served_until=None,
    accepted_at=(1, 2),
    answers={"all": [3, 1]},
)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
async def positions(backend: Backend) -> AsyncGenerator[Positions]:
    found = Positions(redis_url(backend))
    await found.redis.flushdb()
    yield found
    await found.close()


async def placed(positions: Positions, *metres_north: int) -> list[str]:
    """People on duty, so far from the scene."""
    for metres in metres_north:
        await positions.admit(f"v{metres}")
        place = Point(SCENE.longitude, SCENE.latitude + metres / 111_195)
        assert await positions.put(Fix(f"v{metres}", place, NOW))
    return [f"v{metres}" for metres in metres_north]


async def look(positions: Positions, limit: int = 24, now: datetime = NOW) -> list[Near]:
    return await Availability(positions).look(SCENE, RINGS, limit, now)


async def test_a_look_finds_the_nearest_and_what_is_known_of_them(positions: Positions):
    await placed(positions, 100, 700, 5000)
    availability = Availability(positions)
    call = NOW - timedelta(days=1)
    await availability.keep({"v100": Known(1, PROFILE, ("cal_1", LATER), (call, NOW))}, NOW)
    one, other = await look(positions)
    assert (one.volunteer, other.volunteer) == ("v100", "v700"), "the other is beyond all rings"
    assert abs(one.distance_m - 100) <= 1
    assert (one.seen_at, one.on_duty, one.engaged) == (NOW, True, "cal_1")
    assert one.profile == PROFILE
    assert list(one.calls) == [int(call.timestamp()), int(NOW.timestamp())]
    assert (other.profile, other.engaged, list(other.calls)) == (None, None, [])


async def test_where_enough_are_near_the_wider_rings_are_not_searched(positions: Positions):
    await placed(positions, 100, 200, 1900)
    assert [one.volunteer for one in await look(positions, limit=2)] == ["v100", "v200"]
    assert len(await look(positions, limit=3)) == 3
    await positions.redis.flushdb()
    assert await look(positions) == []


async def test_an_older_profile_does_not_replace_a_newer_one(positions: Positions):
    await placed(positions, 100)
    availability = Availability(positions)
    newer = PROFILE._replace(approved=False)
    await availability.keep({"v100": Known(10, newer)}, NOW)
    await availability.keep({"v100": Known(9, PROFILE)}, NOW)
    (one,) = await look(positions)
    assert one.profile == newer


async def test_an_engagement_ends_by_itself_or_by_its_own_call_out(positions: Positions):
    people = await placed(positions, 100)
    availability = Availability(positions)
    assert await availability.engage([Engaged("cal_1", people, LATER, NOW)]) == []
    await availability.release("cal_12", people)
    await availability.release("cal_", people)
    assert [one.engaged for one in await look(positions)] == ["cal_1"]
    assert [one.engaged for one in await look(positions, now=LATER)] == [None]
    await availability.release("cal_1", people)
    assert [one.engaged for one in await look(positions)] == [None]


async def test_what_is_read_from_mongodb_does_not_overwrite_what_came_meanwhile(
    positions: Positions,
):
    people = await placed(positions, 100)
    availability = Availability(positions)
    await availability.keep({"v100": Known(1, PROFILE)}, NOW)
    await availability.engage([Engaged("cal_2", people, LATER, NOW)])
    await availability.keep({"v100": Known(1, PROFILE, ("cal_1", LATER), (LATER,))}, NOW)
    (one,) = await look(positions)
    assert (one.engaged, list(one.calls)) == ("cal_2", [int(NOW.timestamp())])


async def test_a_call_counts_once_however_often_it_is_told_and_the_latest_are_kept(
    positions: Positions,
):
    people = await placed(positions, 100)
    availability = Availability(positions)
    await availability.keep({"v100": Known(1, PROFILE)}, NOW)
    calls = [NOW + timedelta(minutes=n) for n in range(150)]
    for call in (*calls, *calls[-5:]):
        await availability.engage([Engaged("cal_1", people, LATER, call)])
    (one,) = await look(positions)
    expected = [int(call.timestamp()) for call in calls]
    assert list(one.calls) == expected[-len(one.calls) :]
    assert 80 <= len(one.calls) <= 100


async def test_of_who_is_off_duty_nothing_is_kept(positions: Positions):
    people = await placed(positions, 100)
    availability = Availability(positions)
    await availability.keep({"v100": Known(1, PROFILE)}, NOW)
    await positions.forget("v100")
    calls = [Engaged("cal_1", people, LATER, NOW), Engaged("cal_2", ["stranger"], LATER)]
    assert await availability.engage(calls) == ["v100", "stranger"]
    await availability.keep({"v100": Known(2, PROFILE)}, NOW)
    assert set(await positions.redis.keys("dispatch:*")) <= {"dispatch:since"}


async def test_a_profile_of_another_build_counts_as_lost(positions: Positions):
    await placed(positions, 100)
    await Availability(positions).keep({"v100": Known(1, PROFILE)}, NOW)
    for raw in ("1\n[true,true]", "1\nnull", "1\n[true", "1"):
        await positions.redis.hset(PROFILES, "v100", raw)  # pyright: ignore[reportGeneralTypeIssues]
        assert [one.profile for one in await look(positions)] == [None]


class Stored:
    """What MongoDB knows of everybody."""

    calls: Sequence[datetime] = (NOW - timedelta(days=2), NOW - timedelta(days=1))
    held: Mapping[str, Engagement] = {}

    async def of(self, ids: Collection[str]) -> list[Responder]:
        return [Responder(id=id, version=3, on_duty=True, approved=True) for id in ids]

    async def engagements(self, volunteers: Collection[str]) -> Mapping[str, Engagement]:
        return {who: self.held[who] for who in volunteers if who in self.held}

    async def calls_since(
        self, volunteers: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Call]]:
        return {who: [Call(at) for at in self.calls if at > since] for who in volunteers}


def handlers(positions: Positions) -> AvailabilityHandlers:
    stored = Stored()
    clock = Mock(now=lambda: NOW)
    return AvailabilityHandlers(
        Availability(positions), cast(Responders, stored), stored, cast(Clock, clock)
    )


MESSAGE = Message("responder/v100/1", "v100", 1, NOW)


@pytest.mark.parametrize(
    "event",
    [
        DutyStarted(volunteer="v100", station="sta_duandian"),
        CalloutDeclined.model_validate(CalloutDeclined.example | {"volunteer": "v100"}),
    ],
)
async def test_who_goes_off_duty_and_on_again_was_called_as_often_as_before(
    positions: Positions, event: DutyStarted | CalloutDeclined
):
    await placed(positions, 100)
    known = handlers(positions)
    await known.refresh(event, MESSAGE)
    (one,) = await known.look(SCENE, POLICIES.at(NOW), 24)
    assert list(one.calls) == [int(at.timestamp()) for at in Stored.calls]
    await positions.forget("v100")
    await placed(positions, 100)
    await known.refresh(event, MESSAGE)
    (one,) = await known.look(SCENE, POLICIES.at(NOW), 24)
    assert list(one.calls) == [int(at.timestamp()) for at in Stored.calls]
    assert one.profile is not None
    assert one.profile.on_duty


async def test_who_left_after_accepting_is_free_when_it_is_known_that_they_rest(
    positions: Positions,
):
    await placed(positions, 100)
    known = handlers(positions)
    await known.follow("cal_1", left=(), coming=["v100"])
    assert [one.engaged for one in await look(positions)] == ["cal_1"]
    fields = {"volunteer": "v100", "callout": "cal_1"}
    event = VolunteerWithdrew.model_validate(VolunteerWithdrew.example | fields)
    await known.refresh(event.model_copy(update={"callout": "cal_2"}), MESSAGE)
    assert [one.engaged for one in await look(positions)] == ["cal_1"], "of another call-out"
    await known.refresh(event, MESSAGE)
    assert [one.engaged for one in await look(positions)] == [None]


async def test_who_was_found_called_elsewhere_is_believed_so_until_the_call_has_lapsed(
    positions: Positions,
):
    await placed(positions, 100)
    grace = POLICIES.at(NOW).claim_grace
    await handlers(positions).note({"v100": Engagement("cal_1", False, LATER)})
    assert [one.engaged for one in await look(positions, now=LATER)] == ["cal_1"]
    assert [one.engaged for one in await look(positions, now=LATER + grace)] == [None]


async def test_what_the_call_outs_know_is_not_replaced_by_a_profile_that_lags(
    positions: Positions,
):
    """Off duty and on again before the events of the last call-out are read: they rest, and the
    call counts for the day."""
    await placed(positions, 100)
    availability, ms = Availability(positions), int(NOW.timestamp() * 1000)
    served = Served(accepted_at=(ms - 900_000,), left_at=ms - 60_000)
    await availability.keep({"v100": Known(1, PROFILE, served=served)}, NOW)
    await availability.keep({"v100": Known(2, PROFILE, calls=None)}, NOW)
    (one,) = await look(positions)
    assert one.profile is not None
    assert one.profile.served_until == ms - 60_000
    assert one.profile.accepted_at == (1, 2, ms - 900_000)


async def test_who_was_engaged_for_too_long_is_read_anew(positions: Positions):
    """Nothing told that the engagement ended: so nothing told of a rest either."""
    await placed(positions, 100)
    availability = Availability(positions)
    await availability.keep({"v100": Known(1, PROFILE)}, NOW)
    await availability.engage([Engaged("cal_1", ("v100",), LATER)])
    (one,) = await look(positions, now=LATER)
    assert (one.engaged, one.profile) == (None, None), "to be rebuilt"
    await availability.keep({"v100": Known(1, PROFILE)}, LATER)
    (one,) = await look(positions, now=LATER)
    assert (one.engaged, one.profile) == (None, PROFILE)


def test_a_call_is_counted_once_whether_its_event_was_read_or_not():
    told = PROFILE._replace(accepted_at=(1005,), served_until=None)
    assert told.with_served(Served((1000,))).accepted_at == (1005,), "the same, said a little later"
    assert told.with_served(Served((1000, 2000))).accepted_at == (1005, 2000)
    lagging = PROFILE._replace(accepted_at=())
    assert lagging.with_served(Served((1000, 2000), 3000)).accepted_at == (1000, 2000)
    assert lagging.with_served(Served((1000, 2000), 3000)).served_until == 3000
