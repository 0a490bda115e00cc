"""Alerts that could not go out at once: nobody is alerted who is off duty when they do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from chassis.clock import Clock
from chassis.domain import Cause
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.inbox.domain import Message
from services.notify.inbox.store import DeliveryMarks, Inbox
from services.notify.replicas.store import Duty
from services.notify.stream.handlers import StreamHandlers

TEXT = LocalizedText(zh="请您支援", en="Please help")


class Fakes:
    """An inbox that holds due messages, the live streams that they go to, and who is off duty."""

    def __init__(self, *due: Message) -> None:
        self._due, self.sent = due, list[str]()

    async def due(self, _: datetime) -> list[Message]:
        return list(self._due)

    async def add(self, message: Message, *_: object) -> Message:
        """As the store does: what is there already stays as it is."""
        return next((one for one in self._due if one.id == message.id), message)

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        sent = [message.id for message in messages]
        self.sent += sent
        return [True] * len(sent)

    async def is_off_duty(self, person: str) -> bool:
        return person == "acc_off"

    def handlers(self) -> DeliveryHandlers:
        inbox, clock = cast(Inbox, self), Clock("")
        marks, streams = DeliveryMarks(inbox, clock), cast(StreamHandlers, self)
        return DeliveryHandlers(inbox, streams, marks, cast(Duty, self), clock)


def message(person: str, kind: MessageKind = "alert", *, due: bool = False) -> Message:
    at = datetime.now(UTC)
    return Message(
        id=f"{kind}_{person}",
        recipient=person,
        kind=kind,
        title=TEXT,
        body=TEXT,
        at=at,
        expires_at=at + timedelta(minutes=1),
        due=due,
    )


async def test_what_goes_out_late_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    alerts = message("acc_off", due=True), message("acc_on", due=True)
    fakes = Fakes(*alerts, message("acc_off", "stand_down", due=True))
    await fakes.handlers().resend_due()
    assert fakes.sent == ["alert_acc_on", "stand_down_acc_off"]


async def test_a_repeat_of_the_call_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    fakes = Fakes(message("acc_off", due=True), message("acc_on", due=True))
    await fakes.handlers().deliver([message("acc_off"), message("acc_on")], Cause("c"))
    assert fakes.sent == ["alert_acc_on"]
