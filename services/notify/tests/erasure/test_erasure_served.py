"""On real servers: an erased person has no messages, and nobody else loses theirs."""

import pytest

from chassis.valkey.client import connect
from contracts.events.dispatch import CalloutFilled, WaveStoodDown
from contracts.events.registration import PersonErased
from services.notify.erasure.handlers import ErasureHandlers
from services.notify.erasure.store import ErasedPeople
from services.notify.inbox.store import Inbox, Receipts
from services.notify.stream.store import LiveStreams
from services.notify.tests.conftest import Notify, eventually

pytestmark = pytest.mark.servers


async def _filled(notify: Notify, reporter: str) -> None:
    callout = notify.new("cal")
    about = {"callout": callout, "reporter": reporter}
    await notify.publish(CalloutFilled.model_validate(CalloutFilled.example | about), callout)


async def test_messages_of_an_erased_person_go_and_late_ones_too(notify: Notify):
    person, other, callout = notify.new("acc"), notify.new("acc"), notify.new("cal")
    await _filled(notify, person)
    both = {"callout": callout, "volunteers": [person, other], "accepted": []}
    stood_down = WaveStoodDown.model_validate(WaveStoodDown.example | both)
    await notify.publish(stood_down, callout)
    kept = await notify.inbox_of(person, 2)
    async with notify.client(person) as client:
        for message in kept:
            assert (await client.post(f"/api/v1/inbox/{message['id']}/read")).status_code == 200

    await notify.publish(PersonErased(account=person), person)

    async def gone() -> bool:
        return await notify.inbox(person) == []

    await eventually(gone)
    assert len(await notify.inbox_of(other, 1)) == 1
    database = notify.service.store.database
    assert await database["receipts"].count_documents({"recipient": person}) == 0

    await _filled(notify, person)  # late
    await notify.inbox_of(person, 1)
    store, url = notify.service.store, notify.service.settings.redis_url
    live = LiveStreams(connect(url))
    hourly = ErasureHandlers(
        ErasedPeople(store), Inbox(store), Receipts(store), live, notify.service.clock
    )
    await hourly.erase_late()
    await live.close()
    assert await notify.inbox(person) == []
    assert await database["messages"].count_documents({"recipients.account": person}) == 0
