"""On real servers: who is notified, once."""

from datetime import datetime

import pytest

from contracts.access import Grant
from contracts.events.dispatch import CalloutFilled
from contracts.events.incidents import ReportReferred
from contracts.events.registration import GrantsChanged, VolunteerStandingChanged
from services.notify.replicas.store import Grants
from services.notify.tests.conftest import Notify, eventually
from services.notify.tests.topics import deliveries

pytestmark = pytest.mark.servers


async def test_the_reporter_is_told_that_the_call_out_is_filled(notify: Notify):
    person, report, callout = notify.new("acc"), notify.new("rep"), notify.new("cal")
    about = {"report": report, "callout": callout}
    for reporter in (None, person):
        filled = CalloutFilled.model_validate(
            CalloutFilled.example | about | {"reporter": reporter}
        )
        await notify.publish(filled, callout)
    kept = await notify.inbox_of(person, 1)
    assert [message["kind"] for message in kept] == ["progress"]
    assert [one["recipient"] for one in await deliveries(notify, report)] == [person]


async def test_officers_of_exactly_the_level_are_asked_and_see_what_became_of_it(notify: Notify):
    officer, elsewhere, report = notify.new("acc"), notify.new("acc"), notify.new("rep")
    larger, told = notify.new("acc"), notify.new("acc")
    grants = Grants(notify.service.store)
    for account, area in (
        (officer, "370104009"),
        (told, "370104009"),
        (larger, "370104"),
        (elsewhere, "370102001"),
    ):
        await notify.publish(
            GrantsChanged(account=account, grants=(Grant(role="officer", area=area),)),
            account,
            seq=2,
        )
        await notify.publish(
            GrantsChanged(account=account, grants=()), account, seq=1
        )  # an older one, late
    now = notify.service.clock.now()
    await eventually(lambda: _holds(grants, officer, "370104009008", now))
    await eventually(lambda: _holds(grants, elsewhere, "370102001002", now))
    await eventually(lambda: _holds(grants, told, "370104009008", now))
    await eventually(lambda: _holds(grants, larger, "370104009008", now))
    everybody = {"report": report, "to": (), "told": (told,)}
    referred = ReportReferred.model_validate(ReportReferred.example | everybody)
    await notify.publish(referred, report)
    kept = await notify.inbox_of(officer, 1)
    assert (kept[0]["kind"], kept[0]["report"]) == ("escalation", report)
    for nobody in (elsewhere, larger, told):
        assert await notify.inbox(nobody) == []
    assert officer in {one["recipient"] for one in await deliveries(notify, report)}
    async with notify.client(elsewhere, ("officer", "370102001")) as client:
        seen = await client.get("/api/v1/deliveries", params={"report": report})
        assert seen.json()["items"] == []
        one = await client.get("/api/v1/deliveries", params={"message": kept[0]["id"]})
        assert one.status_code == 404


async def _holds(grants: Grants, account: str, area: str, now: datetime) -> bool:
    return account in await grants.holders("officer", area, now)


async def test_a_new_standing_is_notified_once_and_not_when_skills_change(notify: Notify):
    person = notify.new("acc")
    for seq, standing in enumerate(("applied", "approved", "approved", "suspended"), 1):
        event = VolunteerStandingChanged.model_validate(
            VolunteerStandingChanged.example | {"volunteer": person, "standing": standing}
        )
        await notify.publish(event, person, seq=seq)
    kept = await notify.inbox_of(person, 2)
    assert [message["data"]["standing"] for message in kept] == ["suspended", "approved"]
