"""notify on real servers: who is told, and what people did with it."""

from datetime import datetime, timedelta

import pytest

from contracts.access import Grant
from contracts.events.dispatch import CalloutFilled, DutyEnded, DutyStarted, VolunteerStoodDown
from contracts.events.incidents import ReportFiled, ReportHandedOff
from contracts.events.registration import GrantsChanged, VolunteerStandingChanged
from services.notify.recipient.store import Recipients
from services.notify.tests.conftest import Notify, eventually
from services.notify.tests.told import called, deliveries, said_on_topic

pytestmark = pytest.mark.servers


async def test_who_is_off_duty_is_not_alerted_and_the_delivery_says_so(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    recipients = Recipients(notify.service.store)
    await notify.publish(DutyStarted(volunteer=person, station="sta"), person, seq=1)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=2)
    await eventually(lambda: recipients.is_off_duty(person))
    async with notify.line(person) as line:
        await notify.publish(called(person, callout, report=report), callout)
        stood_down = VolunteerStoodDown.model_validate(
            VolunteerStoodDown.example | {"volunteer": person}
        )
        await notify.publish(stood_down, callout)
        heard = await line.next()
        assert heard is not None
        assert heard.kind == "stand_down"
    assert [message["kind"] for message in await notify.inbox(person)] == ["stand_down"]
    held = await deliveries(notify, report)
    assert [way["why"] for way in held[0]["deliveries"]] == ["off_duty"]
    await said_on_topic(notify, "MessageDelivered", held[0]["message"])


async def test_a_late_fact_about_duty_changes_nothing(notify: Notify):
    person, recipients = notify.new("acc"), Recipients(notify.service.store)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=1)
    await eventually(lambda: recipients.is_off_duty(person))
    await notify.publish(
        DutyStarted(volunteer=person, station="sta"), person, seq=9, at=timedelta(minutes=-5)
    )
    callout = notify.new("cal")
    await notify.publish(
        DutyStarted(volunteer=callout, station="sta"), person
    )  # same key: dealt with after it
    await eventually(lambda: _known_on(recipients, callout))
    assert await recipients.is_off_duty(person)


async def _known_on(recipients: Recipients, person: str) -> bool:
    return await recipients._duty.find_one({"_id": person, "on": True}) is not None  # pyright: ignore[reportPrivateUsage]


async def test_an_alert_that_lapsed_is_not_shown(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    await notify.publish(called(person, callout, seconds=-1), callout)
    await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 1)
    assert len(kept) == 1


async def test_progress_finds_the_reporter_though_the_report_is_heard_of_later(notify: Notify):
    person, report, callout = notify.new("acc"), notify.new("rep"), notify.new("cal")
    filled = CalloutFilled.model_validate(
        CalloutFilled.example | {"report": report, "callout": callout}
    )
    await notify.publish(filled, callout)
    await eventually(lambda: notify.service.store.database["waiting"].find_one({"report": report}))
    filed = ReportFiled.model_validate(ReportFiled.example | {"report": report, "reporter": person})
    await notify.publish(filed, report, seq=1)
    kept = await notify.inbox_of(person, 1)
    assert [message["kind"] for message in kept] == ["progress"]
    assert await notify.service.store.database["waiting"].find_one({"report": report}) is None


async def test_officers_of_the_area_are_told_and_see_what_became_of_it(notify: Notify):
    officer, elsewhere, report = notify.new("acc"), notify.new("acc"), notify.new("rep")
    recipients = Recipients(notify.service.store)
    for account, area in ((officer, "370104009"), (elsewhere, "370102001")):
        await notify.publish(
            GrantsChanged(account=account, grants=(Grant(role="officer", area=area),)),
            account,
            seq=2,
        )
        await notify.publish(
            GrantsChanged(account=account, grants=()), account, seq=1
        )  # an older one, late
    now = notify.service.clock.now()
    await eventually(lambda: _holds(recipients, officer, "370104009008", now))
    await eventually(lambda: _holds(recipients, elsewhere, "370102001002", now))
    handed_off = ReportHandedOff.model_validate(ReportHandedOff.example | {"report": report})
    await notify.publish(handed_off, report)
    kept = await notify.inbox_of(officer, 1)
    assert (kept[0]["kind"], kept[0]["report"]) == ("escalation", report)
    assert await notify.inbox(elsewhere) == []
    assert officer in {one["recipient"] for one in await deliveries(notify, report)}
    async with notify.client(elsewhere, ("officer", "370102001")) as client:
        assert (await client.get("/api/v1/deliveries", params={"report": report})).json() == {
            "deliveries": []
        }
        one = await client.get("/api/v1/deliveries", params={"message": kept[0]["id"]})
        assert one.status_code == 404


async def _holds(recipients: Recipients, account: str, area: str, now: datetime) -> bool:
    return account in await recipients.holders("officer", area, now)


async def test_a_new_standing_is_told_once_and_not_when_skills_change(notify: Notify):
    person = notify.new("acc")
    for seq, standing in enumerate(("applied", "approved", "approved", "suspended"), 1):
        event = VolunteerStandingChanged.model_validate(
            VolunteerStandingChanged.example | {"volunteer": person, "standing": standing}
        )
        await notify.publish(event, person, seq=seq)
    kept = await notify.inbox_of(person, 2)
    assert [message["data"]["standing"] for message in kept] == ["suspended", "approved"]


async def test_a_message_is_read_and_acknowledged_by_its_recipient_alone(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    await notify.publish(called(person, callout, report=report), callout)
    (message,) = await notify.inbox_of(person, 1)
    async with notify.client("acc_stranger") as stranger:
        for verb in ("read", "acknowledge"):
            answer = await stranger.post(f"/api/v1/inbox/{message['id']}/{verb}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
    async with notify.client(person) as client:
        key = {"Idempotency-Key": notify.new("key")}
        first = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        second = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        assert first.json() == second.json()
        assert first.json()["acknowledged_at"]
    assert await notify.inbox(person, unread="true") == []
    await said_on_topic(notify, "MessageAcknowledged", message["id"])
    assert (await deliveries(notify, report))[0]["acknowledged_at"]


async def test_an_inbox_is_read_page_by_page(notify: Notify):
    person = notify.new("acc")
    for _ in range(60):
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
    await notify.inbox_of(person, 50)
    async with notify.client(person) as client:

        async def all_of_it() -> list[str]:
            page = (await client.get("/api/v1/inbox")).json()
            rest = (await client.get("/api/v1/inbox", params={"cursor": page["next"]})).json()
            ids = [message["id"] for message in page["messages"] + rest["messages"]]
            assert rest["next"] is None
            return ids if len(ids) == 60 else []

        assert len(set(await eventually(all_of_it))) == 60
        broken = await client.get("/api/v1/inbox", params={"cursor": "nonsense"})
        assert broken.status_code == 422
        assert broken.json()["errors"][0]["field"] == "query.cursor"
