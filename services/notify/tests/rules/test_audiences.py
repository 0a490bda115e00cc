"""How many messages an audience gets: one, as long as one document can hold it."""

from collections import Counter
from datetime import UTC, datetime
from typing import cast

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.subscriptions import Message as Origin
from contracts.events.dispatch import CalloutEscalated, WaveStoodDown
from contracts.events.incidents import (
    ReportEscalated,
    ReportEvent,
    ReportHandedOff,
    ReportQuestionLapsed,
    ReportReferred,
    ReportReopened,
    ReportRouted,
)
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.inbox.domain import MAX_RECIPIENTS, Message
from services.notify.replicas.store import Grants, Standings
from services.notify.rules.handlers import RuleHandlers

ORIGIN = Origin("callouts/cal_1/7", "cal_1", 7, datetime(2026, 3, 5, 8, 0, tzinfo=UTC))


class Fakes:
    """Role holders, and a delivery that keeps what it gets."""

    def __init__(self, holders: int, **by_area: int) -> None:
        self._holders = [f"acc_{n:05d}" for n in range(holders)]
        self._by_area = {
            area: [f"acc_{area}_{n:02d}" for n in range(count)]
            for area, count in ((name.removeprefix("a"), n) for name, n in by_area.items())
        }
        self.delivered: list[Message] = []

    async def holders(self, *_: object) -> list[str]:
        return self._holders

    async def holders_of(self, role: str, area: str, now: datetime) -> list[str]:
        return self._by_area.get(area, self._holders)

    async def deliver(self, message: Message, _: Cause) -> None:
        self.delivered.append(message)

    def handlers(self) -> RuleHandlers:
        delivery, grants = cast(DeliveryHandlers, self), cast(Grants, self)
        return RuleHandlers(delivery, grants, cast(Standings, self), Clock(""))


def people(messages: list[Message]) -> list[str]:
    return [one.account for message in messages for one in message.recipients]


ASKED = ReportReferred.model_validate(ReportReferred.example | {"to": (), "told": ()})


async def test_all_officers_of_a_station_share_one_message() -> None:
    fakes = Fakes(28)
    await fakes.handlers().apply(ASKED, ORIGIN)
    assert [len(message.recipients) for message in fakes.delivered] == [28]


async def test_more_people_than_a_document_holds_get_several_and_each_gets_one() -> None:
    fakes = Fakes(2 * MAX_RECIPIENTS + 1)
    for _ in range(2):
        await fakes.handlers().apply(ASKED, ORIGIN)
    first, again = fakes.delivered[:3], fakes.delivered[3:]
    assert first == again
    assert [len(message.recipients) for message in first] == [MAX_RECIPIENTS, MAX_RECIPIENTS, 1]
    assert len({message.id for message in first}) == 3
    assert len(set(people(first))) == 2 * MAX_RECIPIENTS + 1


async def test_where_nobody_holds_the_role_there_is_no_message() -> None:
    fakes = Fakes(0)
    await fakes.handlers().apply(ASKED, ORIGIN)
    assert fakes.delivered == []


async def test_where_all_of_the_level_were_told_the_next_larger_area_is_asked() -> None:
    """Else the message is nobody's, and the next step comes minutes later."""
    asked = {"to": (), "level": STREET, "told": [f"acc_{STREET}_00"]}
    event = ReportReferred.model_validate(ReportReferred.example | asked)
    alone = Fakes(0, a370104009=1, a370104=2, a3701=3)
    await alone.handlers().apply(event, ORIGIN)
    assert people(alone.delivered) == [f"acc_{DISTRICT}_00", f"acc_{DISTRICT}_01"]
    no_station = Fakes(0, a3701=2)
    await no_station.handlers().apply(event, ORIGIN)
    assert people(no_station.delivered) == [f"acc_{CITY}_00", f"acc_{CITY}_01"]


async def test_who_is_named_twice_gets_it_once() -> None:
    fakes, twice = Fakes(0), {"volunteers": ["acc_2", "acc_1", "acc_2"]}
    event = WaveStoodDown.model_validate(WaveStoodDown.example | twice)
    await fakes.handlers().apply(event, ORIGIN)
    assert people(fakes.delivered) == ["acc_1", "acc_2"]


async def test_two_audiences_of_one_event_have_a_message_each() -> None:
    fakes = Fakes(0)
    event = ReportQuestionLapsed.model_validate(ReportQuestionLapsed.example)
    for _ in range(2):
        await fakes.handlers().apply(event, ORIGIN)
    first, again = fakes.delivered[:2], fakes.delivered[2:]
    assert first == again
    assert len({message.id for message in first}) == 2
    assert people(first) == ["acc_31", "acc_11"]


STREET, DISTRICT, CITY = "370104009", "370104", "3701"


def referrals(why: str, *, round: int = 1) -> list[ReportEvent]:
    """What incidents publishes of a matter that nobody ever acknowledges, while the street and the
    district have somebody on watch."""
    steps = (
        (STREET, (f"acc_{STREET}_00",), ()),
        (STREET, (), (f"acc_{STREET}_00",)),
        (DISTRICT, (f"acc_{DISTRICT}_00",), ()),
        (DISTRICT, (), (f"acc_{DISTRICT}_00",)),
        (CITY, (), ()),
    )
    return [
        ReportReferred.model_validate(
            ReportReferred.example
            | {"why": why, "round": round, "level": level, "to": to, "told": told, "step": n}
        )
        for n, (level, to, told) in enumerate(steps, 1)
    ]


async def written(events: list[ReportEvent | CalloutEscalated]) -> Counter[str]:
    """Messages by person. 28 officers and 22 auxiliaries in the street, as in the demonstration."""
    fakes = Fakes(0, a370104009=50, a370104=4, a3701=3)
    for n, event in enumerate(events):
        origin = Origin(f"rep_1/{n}", "rep_1", n, ORIGIN.at)
        await fakes.handlers().apply(event, origin)
    return Counter(people(fakes.delivered))


def escalated() -> list[ReportEvent | CalloutEscalated]:
    callout = CalloutEscalated.example | {"leaders": ["acc_l1", "acc_l2"]}
    return [
        CalloutEscalated.model_validate(callout | {"to": "leader"}),
        CalloutEscalated.model_validate(callout | {"to": "station"}),
        ReportEscalated.model_validate(ReportEscalated.example),
    ]


async def test_an_unanswered_call_out_is_one_message_to_one_person_a_level() -> None:
    first, *later = referrals("escalated")
    at_once = await written([*escalated(), first])
    assert at_once == {"acc_l1": 1, "acc_l2": 1, "acc_11": 1, f"acc_{STREET}_00": 1}
    to_the_end = await written([*escalated(), first, *later])
    assert set(to_the_end.values()) == {1}
    assert len(to_the_end) == 2 + 1 + 50 + 4 + 3


async def test_a_lamp_that_is_reopened_five_times_is_five_messages_to_who_has_the_watch() -> None:
    events: list[ReportEvent | CalloutEscalated] = []
    for round in range(2, 7):
        reopened = ReportReopened.model_validate(ReportReopened.example | {"round": round})
        routed = ReportRouted.example | {"round": round, "route": "committee"}
        events += [reopened, referrals("reopened", round=round)[0]]
        events.append(ReportRouted.model_validate(routed))
    assert await written(events) == {f"acc_{STREET}_00": 5}


async def test_a_hand_over_of_the_watch_tells_one_more_person() -> None:
    handed_off = ReportHandedOff.model_validate(ReportHandedOff.example)
    first = referrals("handed_off")[0]
    other = first.model_copy(update={"to": (f"acc_{STREET}_01",), "step": 2})
    assert await written([handed_off, first, other]) == {
        "acc_11": 1,
        f"acc_{STREET}_00": 1,
        f"acc_{STREET}_01": 1,
    }
