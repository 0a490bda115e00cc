"""Alerts that could not go out at once: nobody is alerted who is off duty when they do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from chassis.clock import Clock
from chassis.domain import Cause
from services.notify.inbox.domain import Kind, Message, Words, outgoing
from services.notify.inbox.handlers import InboxHandlers
from services.notify.inbox.store import Inbox

WORDS = Words(zh="请您支援", en="Please help")


class Post:
    """An inbox that holds messages which are due, and the live streams that they go to."""

    def __init__(self, *due: Message) -> None:
        self.messages, self._due, self.sent = self, due, list[str]()

    async def due(self, _: datetime) -> list[Message]:
        return list(self._due)

    async def add(self, message: Message, *_: object) -> Message:
        """As the store does: what is there already stays as it is."""
        return next((one for one in self._due if one.id == message.id), message)

    async def send(self, messages: Sequence[Message]) -> None:
        self.sent += [message.id for message in messages]

    async def off_duty(self, person: str) -> bool:
        return person == "acc_off"

    def handlers(self) -> InboxHandlers:
        return InboxHandlers(cast(Inbox, self), self, self.off_duty, Clock(""))


def message(person: str, kind: Kind = "alert", *, off_duty: bool = False) -> Message:
    at = datetime.now(UTC)
    made = Message(
        id=f"{kind}_{person}",
        recipient=person,
        kind=kind,
        title=WORDS,
        body=WORDS,
        at=at,
        expires_at=at + timedelta(minutes=1),
    )
    return outgoing(made, off_duty=off_duty, now=at)


async def test_what_goes_out_late_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    post = Post(message("acc_off"), message("acc_on"), message("acc_off", "stand_down"))
    await post.handlers().send_due()
    assert post.sent == ["alert_acc_on", "stand_down_acc_off"]


async def test_a_repeat_of_the_call_alerts_nobody_who_went_off_duty_meanwhile() -> None:
    post = Post(message("acc_off"), message("acc_on"))
    await post.handlers().put([message("acc_off", off_duty=True), message("acc_on")], Cause("c"))
    assert post.sent == ["alert_acc_on"]
