"""On real servers: what is held back, and what the station sees of it."""

import pytest

from contracts.events.dispatch import DutyEnded, DutyStarted, VolunteerStoodDown
from services.notify.replicas.store import Duty
from services.notify.tests.conftest import Notify, eventually
from services.notify.tests.topics import called, deliveries, published

pytestmark = pytest.mark.servers


async def test_who_is_off_duty_is_not_alerted_and_the_delivery_says_so(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    duty = Duty(notify.service.store)
    await notify.publish(DutyStarted(volunteer=person, station="sta"), person, seq=1)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=2)
    await eventually(lambda: duty.is_off_duty(person))
    async with notify.stream(person) as stream:
        await notify.publish(called(person, callout, report=report), callout)
        stood_down = VolunteerStoodDown.model_validate(
            VolunteerStoodDown.example | {"volunteer": person}
        )
        await notify.publish(stood_down, callout)
        received = await stream.next()
        assert received is not None
        assert received.kind == "stand_down"
    assert [message["kind"] for message in await notify.inbox(person)] == ["stand_down"]
    held = await deliveries(notify, report)
    assert [channel["reason"] for channel in held[0]["channels"]] == ["off_duty"]
    await published(notify, "MessageDelivered", held[0]["message"])


async def test_an_alert_that_lapsed_is_not_shown(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    await notify.publish(called(person, callout, seconds=-1), callout)
    await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 1)
    assert len(kept) == 1
