"""How many messages an audience gets: one, as long as one document can hold it."""

from datetime import UTC, datetime
from typing import cast

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.subscriptions import Message as Origin
from contracts.events.dispatch import CalloutEscalated, WaveStoodDown
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.inbox.domain import MAX_RECIPIENTS, Message
from services.notify.replicas.store import Grants, Standings
from services.notify.rules.handlers import RuleHandlers

ORIGIN = Origin("callouts/cal_1/7", "cal_1", 7, datetime(2026, 3, 5, 8, 0, tzinfo=UTC))


class Fakes:
    """Role holders, and a delivery that keeps what it gets."""

    def __init__(self, holders: int) -> None:
        self._holders = [f"acc_{n:05d}" for n in range(holders)]
        self.delivered: list[Message] = []

    async def holders(self, *_: object) -> list[str]:
        return self._holders

    async def deliver(self, message: Message, _: Cause) -> None:
        self.delivered.append(message)

    def handlers(self) -> RuleHandlers:
        delivery, grants = cast(DeliveryHandlers, self), cast(Grants, self)
        return RuleHandlers(delivery, grants, cast(Standings, self), Clock(""))


def people(messages: list[Message]) -> list[str]:
    return [one.account for message in messages for one in message.recipients]


ESCALATED = CalloutEscalated.model_validate(CalloutEscalated.example)


async def test_all_officers_of_a_station_share_one_message() -> None:
    fakes = Fakes(28)
    await fakes.handlers().apply(ESCALATED, ORIGIN)
    assert [len(message.recipients) for message in fakes.delivered] == [28]


async def test_more_people_than_a_document_holds_get_several_and_each_gets_one() -> None:
    fakes = Fakes(2 * MAX_RECIPIENTS + 1)
    for _ in range(2):
        await fakes.handlers().apply(ESCALATED, ORIGIN)
    first, again = fakes.delivered[:3], fakes.delivered[3:]
    assert first == again
    assert [len(message.recipients) for message in first] == [MAX_RECIPIENTS, MAX_RECIPIENTS, 1]
    assert len({message.id for message in first}) == 3
    assert len(set(people(first))) == 2 * MAX_RECIPIENTS + 1


async def test_where_nobody_holds_the_role_there_is_no_message() -> None:
    fakes = Fakes(0)
    await fakes.handlers().apply(ESCALATED, ORIGIN)
    assert fakes.delivered == []


async def test_who_is_named_twice_gets_it_once() -> None:
    fakes, twice = Fakes(0), {"volunteers": ["acc_2", "acc_1", "acc_2"]}
    event = WaveStoodDown.model_validate(WaveStoodDown.example | twice)
    await fakes.handlers().apply(event, ORIGIN)
    assert people(fakes.delivered) == ["acc_1", "acc_2"]
