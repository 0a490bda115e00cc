"""Alerts that could not go out at once: nobody is alerted who is off duty when they do."""

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from chassis.clock import Clock
from chassis.domain import Cause
from contracts.vocabulary import MessageKind
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.inbox.delivery_marks import DeliveryMarks
from services.notify.inbox.domain import Message, Recipient, Template
from services.notify.inbox.store import Inbox, Receipts
from services.notify.replicas.store import Duty
from services.notify.stream.handlers import StreamHandlers

TEXT = Template(zh=("请您支援",), en=("Please help",))


class Fakes:
    """An inbox that holds due messages, the live streams that they go to, who is off duty, and what
    is marked."""

    def __init__(self, *due: Message, reachable: bool = True) -> None:
        self._due, self._reachable = due, reachable
        self.sent = list[str]()
        self.off_duty_people = {"acc_off"}
        self.broken = set[str]()
        self.marks = DeliveryMarks(cast(Inbox, self), Clock(""))
        self.marked: tuple[set[str], dict[str, set[str]]] = (set(), {})

    async def due(self, _: datetime) -> AsyncGenerator[list[Message], None]:
        for n in range(0, len(self._due), 2):
            yield list(self._due[n : n + 2])

    async def settle_expired(self, now: datetime) -> None:
        """None here has."""

    async def add(self, message: Message, *_: object) -> Message:
        """As the store does: what is there already stays as it is."""
        return next((one for one in self._due if one.id == message.id), message)

    async def send(self, message: Message, recipients: Sequence[Recipient]) -> bool:
        if message.id in self.broken:
            raise KeyError(message.id)
        self.sent += [f"{message.id} {one.account}" for one in recipients if self._reachable]
        return self._reachable

    async def off_duty(self, people: Collection[str]) -> frozenset[str]:
        return frozenset(people) & self.off_duty_people

    async def mark(self, sent: set[str], partly_sent: dict[str, set[str]], *_: object) -> None:
        self.marked = set(sent), dict(partly_sent)

    def handlers(self) -> DeliveryHandlers:
        inbox, receipts = cast(Inbox, self), cast(Receipts, self)
        streams, duty = cast(StreamHandlers, self), cast(Duty, self)
        return DeliveryHandlers(inbox, receipts, streams, self.marks, duty, Clock(""))


def message(kind: MessageKind, *people: str, due: bool = True) -> Message:
    at = datetime.now(UTC)
    return Message(
        id=f"msg_{kind}",
        kind=kind,
        title=TEXT,
        body=TEXT,
        at=at,
        expires_at=at + timedelta(minutes=1),
        recipients=tuple(Recipient(account=one) for one in people),
        due=due,
    )


async def test_what_goes_out_late_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    fakes = Fakes(message("alert", "acc_off", "acc_on"), message("stand_down", "acc_off"))
    assert await fakes.handlers().resend_due() is None
    assert fakes.sent == ["msg_alert acc_on", "msg_stand_down acc_off"]
    await fakes.marks.write()
    assert fakes.marked == ({"msg_stand_down"}, {"msg_alert": {"acc_on"}})


async def test_a_repeat_of_the_call_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    fakes = Fakes(message("alert", "acc_off", "acc_on"))
    new = message("alert", "acc_off", "acc_on", due=False)
    await fakes.handlers().deliver(new, Cause("c"))
    assert fakes.sent == ["msg_alert acc_on"]


async def test_who_comes_back_on_duty_gets_the_alert_that_others_had_before() -> None:
    had = Recipient(account="acc_on", sent=True)
    late = message("alert", "acc_off").with_(recipients=(Recipient(account="acc_off"), had))
    fakes = Fakes(late)
    fakes.off_duty_people.clear()
    await fakes.handlers().resend_due()
    assert fakes.sent == ["msg_alert acc_off"]
    await fakes.marks.write()
    assert fakes.marked == ({"msg_alert"}, {})


async def test_what_could_not_be_sent_is_tried_again_within_seconds() -> None:
    fakes = Fakes(message("stand_down", "acc_on"), reachable=False)
    before = datetime.now(UTC)
    again = await fakes.handlers().resend_due()
    assert again is not None
    assert again - before < timedelta(seconds=2)
    await fakes.marks.write()
    assert fakes.marked == (set(), {})


async def test_those_that_cannot_be_sent_hold_up_no_other() -> None:
    """More of them than a page, in front; they are tried again all the same."""
    broken = [message("alert", "acc_on").with_(id=f"msg_{n}") for n in range(5)]
    fakes = Fakes(*broken, message("stand_down", "acc_on"))
    fakes.broken = {one.id for one in broken}
    assert await fakes.handlers().resend_due() is not None
    assert fakes.sent == ["msg_stand_down acc_on"]
