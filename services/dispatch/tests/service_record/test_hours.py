"""Hours: the union of evidence, day by day in Jinan."""

import itertools
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.dispatch import HoursCredited
from jinan.local_time import LOCAL
from services.dispatch.policy import POLICIES
from services.dispatch.service_record.domain import (
    Evidence,
    ServiceRecord,
    blank,
    credit,
    credited_minutes,
    days_of,
    shown,
    united,
)

POLICY = POLICIES.of("2026-01")
DAY = "2026-03-05"
MIDNIGHT = datetime(2026, 3, 5, tzinfo=LOCAL)


def work(since: float, until: float, id: str = "e1") -> Evidence:
    """Minutes from the day's midnight in Jinan."""
    begin, end = MIDNIGHT + timedelta(minutes=since), MIDNIGHT + timedelta(minutes=until)
    return Evidence(
        id=id,
        kind="callout",
        source="cal_1",
        since=begin.astimezone(UTC),
        until=end.astimezone(UTC),
    )


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 0),
        ([(0, 10)], 10),
        ([(0, 9.99)], 0),
        ([(60, 85.5)], 25),
        ([(0, 30), (20, 50)], 50),
        ([(0, 30), (5, 10)], 30),
        ([(0, 6), (6, 12)], 12),  # touching: one stretch
        ([(0, 6), (7, 13)], 0),  # two that are too short each
        ([(0, 30), (60, 69)], 30),
        ([(1430, 1450)], 10),  # over midnight: whole 20, ten of them today
        ([(1435, 1441)], 0),
        ([(1435, 1445)], 5),
        ([(-30, 1470)], 1440),
    ],
)
def test_minutes_of_a_day(spans: list[tuple[float, float]], minutes: int):
    evidence = [work(since, until, f"e{n}") for n, (since, until) in enumerate(spans)]
    assert credited_minutes(evidence, DAY, POLICY) == minutes


def test_evidence_over_midnight_or_close_to_it_is_kept_by_both_days():
    both, before = ["2026-03-05", "2026-03-06"], ["2026-03-04", "2026-03-05"]
    assert days_of(work(1430, 1450)) == days_of(work(1430, 1440)) == both
    assert days_of(work(0, 1)) == days_of(work(9, 20)) == before
    assert days_of(work(11, 1400)) == ["2026-03-05"]
    assert days_of(work(5, 5)) == days_of(work(5, 4)) == []


def test_touching_evidence_around_midnight_is_one_stretch_for_both_days():
    """Case A17: 23:57 to 00:03 and 00:03 to 00:09."""
    credited = days_credited([work(-3, 3, "first"), work(3, 9, "second")])
    assert {day: record.minutes for day, record in credited.items()} == {
        "2026-03-04": 3,
        "2026-03-05": 9,
    }
    for record in credited.values():
        assert [one.id for one in shown(record)] == ["first", "second"], "what the minutes are from"


def test_the_part_before_midnight_is_credited_when_the_rest_comes_late():
    records = days_credited([work(-3, 3, "first")])
    assert [one.minutes for one in records.values()] == [0, 0]
    decision = credit(records["2026-03-04"], work(3, 9, "second"), POLICY)
    assert decision is not None
    (fact,) = decision[1]
    assert isinstance(fact, HoursCredited)
    assert (fact.day.isoformat(), fact.minutes, fact.evidence) == ("2026-03-04", 3, 2)


def test_a_day_that_only_keeps_what_is_close_has_no_work():
    records = days_credited([work(5, 60)])
    assert [record.worked for record in records.values()] == [False, True]
    assert shown(records["2026-03-04"]) == []


def test_seconds_of_a_stretch_over_midnight_are_not_lost():
    whole = days_credited([work(-9.5, 10.4)])  # 19.9 minutes
    assert [record.minutes for record in whole.values()] == [9, 10]
    touching = days_credited([work(-2.5, 3.2, "a"), work(3.2, 9.6, "b")])  # 12.1 minutes
    assert sum(record.minutes for record in touching.values()) == 12


def test_late_evidence_recomputes_and_a_repeat_changes_nothing():
    record = blank("acc_1", DAY)
    decision = credit(record, work(60, 90), POLICY)
    assert decision is not None
    record, facts = decision
    assert facts == (HoursCredited(volunteer="acc_1", day=MIDNIGHT.date(), minutes=30, evidence=1),)
    assert credit(record, work(60, 90), POLICY) is None
    decision = credit(record, work(30, 70, "late"), POLICY)
    assert decision is not None
    record, facts = decision
    assert record.minutes == 60
    assert [e.id for e in record.evidence] == ["late", "e1"]
    decision = credit(record, work(40, 50, "within"), POLICY)
    assert decision is not None
    assert decision[1] == (), "no event while the minutes stay the same"
    assert len(decision[0].evidence) == 3


spans = st.lists(
    st.tuples(st.integers(-200, 1600), st.integers(0, 300)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=12,
)


@given(spans)
def test_the_union_covers_the_same_minutes_once(found: list[tuple[int, int]]):
    covered = {minute for since, until in found for minute in range(since, until)}
    whole = united(
        [(MIDNIGHT + timedelta(minutes=a), MIDNIGHT + timedelta(minutes=b)) for a, b in found]
    )
    assert sum((until - since) // timedelta(minutes=1) for since, until in whole) == len(covered)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(whole))


near_midnights = st.lists(
    st.tuples(st.sampled_from([-1440, 0, 1440]), st.integers(-25, 25), st.integers(1, 12)).map(
        lambda s: (s[0] + s[1], s[0] + s[1] + s[2])
    ),
    max_size=10,
)


@given(st.one_of(spans, near_midnights), st.randoms(use_true_random=False))
def test_parts_of_days_add_up_to_the_union_in_whatever_order_evidence_comes(
    found: list[tuple[int, int]], random: Random
):
    evidence = [work(a, b, f"e{n}") for n, (a, b) in enumerate(found) if a < b]
    whole = united([(one.since, one.until) for one in evidence])
    minutes = ((until - since) // timedelta(minutes=1) for since, until in whole)
    union = sum(one for one in minutes if one >= POLICY.min_work_minutes)
    records = days_credited(evidence)
    assert sum(record.minutes for record in records.values()) == union
    assert all(record.minutes <= 1440 for record in records.values())
    shuffled = list(evidence)
    random.shuffle(shuffled)
    assert days_credited(shuffled) == records
    for record in records.values():
        assert credited_minutes(shown(record), record.day, POLICY) == record.minutes


@given(st.floats(-300, -0.01), st.floats(0.01, 300))
def test_one_piece_over_midnight_is_credited_to_the_whole_minute(since: float, until: float):
    piece = work(since, until)
    whole = (piece.until - piece.since) // timedelta(minutes=1)
    credited = sum(record.minutes for record in days_credited([piece]).values())
    assert credited == (whole if whole >= POLICY.min_work_minutes else 0)


def days_credited(evidence: list[Evidence]) -> dict[str, ServiceRecord]:
    """As the handler credits each piece when it comes; in order of days."""
    records: dict[str, ServiceRecord] = {}
    for piece in evidence:
        for day in days_of(piece):
            record = records.get(day, blank("acc_1", day))
            decision = credit(record, piece, POLICY)
            records[day] = decision[0] if decision else record
    return dict(sorted(records.items()))
