"""Hours: the union of evidence, day by day in Jinan."""

import itertools
from datetime import UTC, datetime, timedelta

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


def test_evidence_over_midnight_belongs_to_both_days():
    assert days_of(work(1430, 1450)) == ["2026-03-05", "2026-03-06"]
    assert days_of(work(1430, 1440)) == ["2026-03-05"]
    assert days_of(work(0, 1)) == ["2026-03-05"]
    assert days_of(work(5, 5)) == days_of(work(5, 4)) == []


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


@given(spans, st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_comes_does_not_matter(
    found: list[tuple[int, int]], random: st.DataObject
):
    evidence = [
        work(since, until, f"e{n}") for n, (since, until) in enumerate(found) if since < until
    ]
    shuffled = list(evidence)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _record(evidence) == _record(shuffled)
    assert _record(evidence).minutes <= 1440


def _record(evidence: list[Evidence]) -> ServiceRecord:
    record = blank("acc_1", DAY)
    for piece in evidence:
        decision = credit(record, piece, POLICY)
        record = decision[0] if decision else record
    return record
