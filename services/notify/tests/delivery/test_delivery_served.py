"""On real servers: what is held back, and what the station sees of it."""

import httpx
import pytest

from contracts.events.dispatch import DutyEnded, DutyStarted, WaveStoodDown
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
        stood_down = WaveStoodDown.model_validate(WaveStoodDown.example | {"volunteers": [person]})
        await notify.publish(stood_down, callout)
        received = await stream.next()
        assert received is not None
        assert received.kind == "stand_down"
    assert [message["kind"] for message in await notify.inbox(person)] == ["stand_down"]
    held = await deliveries(notify, report)
    assert [channel["reason"] for channel in held[0]["channels"]] == ["off_duty"]
    await published(notify, "MessageDelivered", held[0]["message"])


async def test_an_expired_alert_is_not_shown(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    await notify.publish(called(person, callout, seconds=-1), callout)
    await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 1)
    assert len(kept) == 1


async def test_the_station_asks_by_report_page_by_page_or_by_message(notify: Notify):
    report, callout = notify.new("rep"), notify.new("cal")
    people = [notify.new("acc") for _ in range(3)]
    for person in people:
        await notify.publish(called(person, callout, report=report), callout)
    for person in people:
        await notify.inbox_of(person, 1)
    first, second, third = await deliveries(notify, report)
    async with notify.client("acc_officer", ("officer", "370104009")) as client:

        async def ask(**query: str | int) -> httpx.Response:
            return await client.get("/api/v1/deliveries", params=query)

        page = (await ask(report=report, limit=2)).json()
        assert [one["message"] for one in page["items"]] == [first["message"], second["message"]]
        rest = (await ask(report=report, limit=2, cursor=page["next"])).json()
        assert [one["message"] for one in rest["items"]] == [third["message"]]
        assert rest["next"] is None
        (one,) = (await ask(message=third["message"])).json()["items"]
        assert one["message"] == third["message"]
        for wrong in (await ask(), await ask(report=report, message=third["message"])):
            assert wrong.status_code == 422
            assert wrong.json()["type"] == "urn:problem:report_or_message"
