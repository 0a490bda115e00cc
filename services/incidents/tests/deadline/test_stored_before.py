"""Reports as they were stored before there were referrals: they are due by other rules."""

from datetime import timedelta

import pytest

from chassis.domain import Cause
from chassis.personal.keys import PersonKeys
from chassis.tasks.schedule import Schedule
from contracts.vocabulary import Category
from services.incidents.deadline.handlers import DeadlineHandlers
from services.incidents.replicas.watches import Watches
from services.incidents.report.domain.report import Report
from services.incidents.report.store import Reports
from services.incidents.tests.reports import new
from services.incidents.tests.running import Incidents, person

pytestmark = pytest.mark.servers


async def stored(
    incidents: Incidents, reports: Reports, text: str, category: Category, **older: object
) -> str:
    """Filed an hour ago; due a minute later, as it was then."""
    filed = incidents.service.clock.now() - timedelta(hours=1)
    report = new(text, category, at=filed)[0].with_(
        id=person().replace("acc", "rep"), number=person(), referral=None
    )
    await reports.add(report, [], Cause(report.id))
    changes = {**older, "due_at": filed + timedelta(minutes=1)}
    without = {"turns": "", "referral": ""}  # neither was stored
    await reports.collection.update_one({"_id": report.id}, {"$set": changes, "$unset": without})
    return report.id


@pytest.fixture
def reports(incidents: Incidents) -> Reports:
    service = incidents.service
    return Reports(service.store, PersonKeys(service.store, incidents.field_key))


def deadlines(incidents: Incidents, reports: Reports) -> DeadlineHandlers:
    service = incidents.service
    clock = service.clock
    return DeadlineHandlers(reports, Watches(service.store), clock, Schedule(clock))


async def test_a_police_matter_is_asked_about(incidents: Incidents, reports: Reports) -> None:
    id = await stored(incidents, reports, "有人持刀", "violence")
    await deadlines(incidents, reports).settle_due()
    report: Report = await reports.require(id)
    assert report.referral is not None
    assert (report.referral.why, report.referral.step) == ("handed_off", 1)


async def test_what_is_not_due_any_more_is_not_found_again(
    incidents: Incidents, reports: Reports
) -> None:
    id = await stored(
        incidents, reports, "有人持刀", "violence", state="closed", end="police_outcome"
    )
    now = incidents.service.clock.now()
    await deadlines(incidents, reports).settle_due()
    assert id not in [found async for found, _ in reports.due(now)]
