"""What was stored and has not gone out, on real servers: however much of it lies in front, and
whatever became of that, the message behind it goes out on time."""

import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.domain import Cause
from contracts.events.dispatch import DutyEnded, DutyStarted
from services.notify.inbox.domain import Message, Recipient, Template
from services.notify.inbox.store import Inbox
from services.notify.replicas.store import Duty
from services.notify.tests.conftest import Notify, eventually

pytestmark = pytest.mark.servers
ON_TIME = 8.0  # seconds, as `resend_due` promises
MANY = 1000


def alert(id: str, person: str, at: datetime, expires_in: timedelta) -> Message:
    text = Template(zh=("请您支援",), en=("Please help",))
    return Message(
        id=id,
        kind="alert",
        title=text,
        body=text,
        at=at,
        expires_at=datetime.now(UTC) + expires_in,
        recipients=(Recipient(account=person),),
        due=True,
    )


@pytest.fixture
async def inbox(notify: Notify) -> AsyncGenerator[Inbox]:
    found = Inbox(notify.service.store)
    yield found
    await found.collection.delete_many({"_id": {"$regex": "^msg_front_"}})


async def off_duty(notify: Notify) -> str:
    person, duty = notify.new("acc"), Duty(notify.service.store)
    await notify.publish(DutyStarted(volunteer=person, station="sta"), person, seq=1)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=2)
    await eventually(lambda: duty.is_off_duty(person))
    return person


async def put_in_front(inbox: Inbox, one: Message, count: int, **changes: Any) -> None:
    """As many like this one, as they are stored."""
    await inbox.add(one, (), Cause(one.id))
    stored = await inbox.collection.find_one_and_delete({"_id": one.id})
    assert stored is not None
    copies = [stored | changes | {"_id": f"{one.id}_{n:04}"} for n in range(count)]
    await inbox.collection.insert_many(copies)


@pytest.mark.parametrize("front", ["lapsed", "held back", "unreadable"])
async def test_a_live_alert_behind_a_thousand_goes_out_on_time(
    notify: Notify, inbox: Inbox, front: str
):
    """Alerts that have lapsed; such as wait for people off duty, and stay due; and such as this
    release cannot read, as a later one may have stored them."""
    now, person = datetime.now(UTC), notify.new("acc")
    name = f"msg_front_{secrets.token_hex(4)}"
    whose = await off_duty(notify) if front == "held back" else notify.new("acc")
    lasts = timedelta(minutes=-10 if front == "lapsed" else 10)
    changes = {"kind": "of a later release"} if front == "unreadable" else {}
    async with notify.stream(person) as stream:
        first = alert(name, whose, now - timedelta(minutes=30), lasts)
        await put_in_front(inbox, first, MANY, **changes)
        behind = alert(notify.new("msg"), person, now - timedelta(minutes=1), timedelta(minutes=5))
        await inbox.add(behind, (), Cause(behind.id))  # and its process ended
        received = await stream.next(within=ON_TIME)
        assert received is not None
        assert received.message["id"].startswith(behind.id)
