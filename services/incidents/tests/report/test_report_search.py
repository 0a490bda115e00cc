"""What somebody types to find a report, and the days that it is looked for in."""

from datetime import date, datetime, timedelta

import pytest

from chassis.domain import Refusal
from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.report.domain.number import number_of
from services.incidents.report.domain.search import Search
from services.incidents.tests.reports import START

POLICY = POLICIES.at(START)
NUMBER = number_of(0x1234567890)
DAY = START.date()
BOUND = timedelta(days=POLICY.search_days - 1)


@pytest.mark.parametrize(
    "typed", [NUMBER, NUMBER.lower(), NUMBER[3:].replace("-", " "), f" {NUMBER.replace('-', '')} "]
)
def test_a_number_is_found_in_any_form(typed: str) -> None:
    assert Search(typed).number == NUMBER


@pytest.mark.parametrize("typed", ["广场舞", "楼下狗叫不停真吵人", "13800001"])
def test_other_words_are_words(typed: str) -> None:
    assert Search(typed).number is None


def test_a_wrong_character_of_a_number_is_said() -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    with pytest.raises(Refusal, match="number_check") as refusal:
        _ = Search(wrong).number
    assert [*refusal.value.fields] == ["query.q"]
    assert Search(wrong[3:]).number is None


def _day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("first", "last", "found_first", "found_last"),
    [
        (None, None, DAY - BOUND, DAY),
        (date(2025, 5, 1), None, date(2025, 5, 1), date(2025, 5, 1) + BOUND),
        (None, date(2025, 5, 1), date(2025, 5, 1) - BOUND, date(2025, 5, 1)),
        (DAY, DAY, DAY, DAY),
    ],
)
def test_words_are_looked_for_in_a_month(
    first: date | None, last: date | None, found_first: date, found_last: date
) -> None:
    span = Search("吵", first, last).span(POLICY, START)
    assert span == (_day(found_first), _day(found_last + timedelta(days=1)))


def test_without_words_days_are_as_asked() -> None:
    assert Search().span(POLICY, START) == (None, None)
    year = Search(None, date(2025, 1, 1), date(2025, 12, 31)).span(POLICY, START)
    assert year == (_day(date(2025, 1, 1)), _day(date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("search", "code"),
    [
        (Search(None, date(2026, 3, 2), date(2026, 3, 1)), "days_order"),
        (Search("吵闹", date(2026, 1, 1), date(2026, 3, 1)), "search_days"),
    ],
)
def test_days_that_cannot_be_searched_are_refused(search: Search, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        search.span(POLICY, START)


@pytest.mark.parametrize("typed", [None, "吵闹"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_no_day_is_too_far(typed: str | None, day: date) -> None:
    for search in (Search(typed, day), Search(typed, None, day), Search(typed, day, day)):
        for at in search.span(POLICY, START):
            assert at is None or at.astimezone(LOCAL) == at
