"""What stays of a report without its reporter, and when its words go."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Category
from services.incidents.erasure.domain import erase, erase_at
from services.incidents.report.domain import ending, later_texts
from services.incidents.report.domain.report import Report
from services.incidents.tests.reports import OFFICER, REPORTER, SECRET, START, new

NOTE = "他家门口有一只白狗"
counted = ("area", "within", "category", "route", "state", "phase", "end", "outcome", "filed_at")
counted += ("accepted_at", "resolved_at", "closed_at", "confirmed_by", "number", "station")


def _with_note(text: str = "楼下广场舞太吵了", category: Category | None = None) -> Report:
    report, _ = later_texts.note(new(text, category)[0], NOTE, REPORTER, START)
    return report


def _closed(category: Category | None = None) -> Report:
    report = _with_note("楼下广场舞太吵了", category)
    return ending.reject(report, "不归我们管，他叫王小明", OFFICER, START)[0]


def test_an_open_matter_keeps_its_words():
    assert erase_at(_with_note(), START + timedelta(days=9000)) is None


def test_a_matter_of_neighbours_goes_at_once_and_one_of_the_police_by_policy():
    later = START + timedelta(days=30)
    assert erase_at(_closed(), later) == later
    police = ending.reject(_with_note("有人打架"), "查无此事", OFFICER, START)[0]
    assert erase_at(police, later) == START + timedelta(days=1095)
    assert erase_at(police, START + timedelta(days=2000)) == START + timedelta(days=2000)


@pytest.mark.parametrize("times", [1, 2])
def test_nothing_personal_stays_and_every_count_does(times: int):
    before = _closed()
    after = before
    for _ in range(times):
        after, facts = erase(after)
        assert facts == ()
    kept = after.model_dump_json()
    for words in (SECRET, NOTE, "王小明", "acc_reporter", "116.942", "36.6695"):
        assert words not in kept
    assert all(getattr(after, name) == getattr(before, name) for name in counted)
    assert [line.what for line in after.timeline] == [line.what for line in before.timeline]
    assert [line.at for line in after.timeline] == [line.at for line in before.timeline]


@given(st.floats(116, 118), st.floats(36, 37.5))
def test_a_place_is_coarse_then(longitude: float, latitude: float):
    report, _ = erase(new()[0].with_(longitude=longitude, latitude=latitude))
    assert report.longitude == round(longitude, 2)
    assert report.latitude == round(latitude, 2)
