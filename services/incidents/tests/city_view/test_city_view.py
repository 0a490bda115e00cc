"""The city now and figures by day: right counts, nothing personal, one read for all screens."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from services.incidents.city_view.domain import USUAL_DAYS, usual_by
from services.incidents.figures.series import MAX_DAYS, SeriesSplit, days
from services.incidents.tests.running import Incidents, fields, person, post, report

TODAY = date(2026, 5, 20)
NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)  # 12:00 in Jinan
DESK = ("city_desk", "3701")


def test_usual_counts_the_hours_before_and_a_part_of_this_one():
    by_hour = {9: USUAL_DAYS, 12: 2 * USUAL_DAYS, 13: 100}
    assert usual_by(NOON, by_hour) == 1
    assert usual_by(NOON + timedelta(minutes=30), by_hour) == 2
    assert usual_by(NOON, {}) == 0


@given(
    first=st.one_of(st.none(), st.dates()),
    last=st.one_of(st.none(), st.dates()),
    split=st.sampled_from(sorted(MAX_DAYS)),
)
def test_a_span_is_bounded_or_refused(first: date | None, last: date | None, split: SeriesSplit):
    try:
        begin, end = days(first, last, TODAY, split)
    except Refusal as refusal:
        refused = refusal.code
        begin = end = None
    else:
        refused = ""
    if begin is None or end is None:
        assert refused == "span_invalid"
        assert first or last
    else:
        assert timedelta(0) <= end - begin < timedelta(days=MAX_DAYS[split])
        assert first in (None, begin)
        assert last in (None, end)


@pytest.mark.servers
async def test_each_point_opens_to_its_cases(incidents: Incidents) -> None:
    quiet = "370104009011"  # where no other test files
    async with (
        incidents.client(person()) as own,
        incidents.client(person(), DESK) as desk,
        incidents.client(person(), ("officer", "370104009")) as officer,
    ):
        for text in ("路灯坏了", "路灯又坏了", "有人持刀"):
            await post(own, "/reports", report(text, community=quiet), 201)
        series = (await desk.get("/figures/series", params={"area": quiet})).json()
        (point,) = series["points"]
        assert (point["reports"], point["split"], point["minutes_to_accepted"]) == (3, None, None)
        day = {"from": point["day"], "to": point["day"], "area": quiet}
        cases = (await officer.get("/reports", params=day)).json()
        assert len(cases["items"]) == point["reports"]
        by_district = {"area": quiet, "split": "district"}
        (point,) = (await desk.get("/figures/series", params=by_district)).json()["points"]
        assert (point["split"], point["label"], point["reports"]) == ("370104", "槐荫区", 3)
        long = {"area": "3701", "split": "station", "from": "2026-01-01", "to": "2026-03-01"}
        assert fields((await desk.get("/figures/series", params=long)).json()) == ["query.from"]
        wide = await own.get("/figures/series", params={"area": "370104009"})
        assert wide.status_code == 403


@pytest.mark.servers
async def test_the_city_now_tells_of_nobody(incidents: Incidents) -> None:
    async with incidents.client(person()) as own, incidents.client(person(), DESK) as desk:
        filed = await post(own, "/reports", report("楼下秘密暗号太吵了"), 201)
        assert (await own.get("/figures/city")).status_code == 403
        answer = await desk.get("/figures/city")
        assert answer.status_code == 200, answer.text
        for personal in (filed["id"], filed["number"], "秘密暗号", "116.9", "370104009008"):
            assert personal not in answer.text
        city = answer.json()
        assert {one["district"] for one in city["districts"]} >= {"370102", "370104"}
        (here,) = [one for one in city["districts"] if one["district"] == "370104"]
        assert here["reports_today"] >= 1
        assert here["under_way"] <= here["reports_today"]
        assert city["events"][0]["street_name"]
    async with incidents.client(person(), ("officer", "370104009")) as officer:
        assert (await officer.get("/figures/city")).status_code == 403
