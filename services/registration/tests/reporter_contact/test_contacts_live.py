"""On a real store: an officer reaches the reporter of an open report, and the reporter sees it."""

from collections.abc import AsyncGenerator

import pytest

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from chassis.mongo.store import Store
from contracts.events.incidents import ReportClosed, ReportEvent, ReportFiled, ReportReopened
from services.registration.replicas.reports import OpenReport, Reports
from services.registration.tests.live import PLAN, Client, Member, new_phone, staff
from tests.support.platform import WholePlatform
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
AREA = "370104009008"


@pytest.fixture
async def reports(platform: WholePlatform) -> AsyncGenerator[Reports]:
    store = Store(platform.addresses["MONGO_URL"], "registration", Clock(""))
    yield Reports(store)
    await store.close()


def _event(kind: type[ReportEvent], report: str, reporter: str | None) -> ReportEvent:
    about = {"report": report, "area": AREA, "reporter": reporter}
    return kind.model_validate(dict(kind.example) | about)


def _message(reports: Reports, report: str, seq: int) -> Message:
    return Message(f"{report}-{seq}", report, seq, Clock("").now())


async def test_an_officer_of_the_area_reads_the_phone_and_the_reporter_sees_why(
    client: Client, signed_in: dict[str, Member], reports: Reports
) -> None:
    phone = new_phone()
    reporter, report = await client.sign_in(phone), f"rep_{new_phone()}"
    filed = _event(ReportFiled, report, reporter.id)
    await reports.on_open(filed, _message(reports, report, 1))
    officer = await staff(client, signed_in, PLAN.officers[5])
    body = {"report": report, "reason": "现场找不到，需要问路"}
    read = await officer.call("POST", "reporter-contacts", body)
    assert read.status_code == 200, read.text
    assert read.json() == {"account": reporter.id, "name": None, "phone": f"+86{phone}"}
    (entry,) = (await reporter.call("GET", "accounts/me/access-log")).json()["items"]
    assert (entry["by"], entry["fields"]) == (officer.id, ["name", "phone"])
    assert (entry["report"], entry["reason"]) == (report, body["reason"])
    assert (await reporter.call("POST", "reporter-contacts", body)).status_code == 403
    for reason in ("", "  "):
        empty = await officer.call("POST", "reporter-contacts", body | {"reason": reason})
        assert empty.status_code == 422, "a reason is the reporter's to read"
    closed = _event(ReportClosed, report, reporter.id)
    await reports.on_ended(closed, _message(reports, report, 2))
    assert (await officer.call("POST", "reporter-contacts", body)).status_code == 404


async def test_events_in_any_order_leave_the_last_state(reports: Reports) -> None:
    report = f"rep_{new_phone()}"
    for seq, kind, end in ((3, ReportReopened, False), (2, ReportClosed, True)):
        event, message = _event(kind, report, "acc_1"), _message(reports, report, seq)
        await (reports.on_ended if end else reports.on_open)(event, message)
    filed = _event(ReportFiled, report, "acc_1")
    await reports.on_open(filed, _message(reports, report, 1))
    assert await reports.get(report) == OpenReport(AREA, "acc_1")
    await reports.on_ended(_event(ReportClosed, report, "acc_1"), _message(reports, report, 4))
    await reports.on_open(filed, _message(reports, report, 1))
    assert await reports.get(report) is None


async def test_an_anonymous_reporter_is_not_kept_and_an_erased_one_is_forgotten(
    reports: Reports,
) -> None:
    anonymous, known = f"rep_{new_phone()}", f"rep_{new_phone()}"
    await reports.on_open(_event(ReportFiled, anonymous, None), _message(reports, anonymous, 1))
    assert await reports.get(anonymous) is None
    gone = f"acc_{new_phone()}"
    await reports.on_open(_event(ReportFiled, known, gone), _message(reports, known, 1))
    await reports.erase(gone)
    assert await reports.get(known) is None


async def test_a_report_that_incidents_filed_is_known(
    client: Client, platform: WholePlatform, reports: Reports
) -> None:
    reporter = await client.stranger()
    filed = await client.http.post(
        f"{platform.service_url('incidents')}/api/v1/reports",
        json={"text": "想请人帮忙搬东西", "location": {"longitude": 116.942, "latitude": 36.6695}},
        headers={
            "Authorization": f"Bearer {reporter.signed_in['access_token']}",
            "Idempotency-Key": f"contact-{new_phone()}",
        },
    )
    assert filed.status_code == 201, filed.text

    async def known() -> bool:
        found = await reports.get(filed.json()["id"])
        return found is not None and found.reporter == reporter.id

    await eventually(known)
