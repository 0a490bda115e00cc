"""One account's flood is refused with a time to wait; sure danger passes longer."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Danger
from services.incidents.policy import POLICIES
from services.incidents.report.domain.filing_limit import max_per_day, wait
from services.incidents.tests.reports import START

POLICY = POLICIES.at(START)
SHORT, DAY = POLICY.max_reports_per_ten_minutes, POLICY.max_reports_per_day


def _ago(*minutes: float) -> list[datetime]:
    return [START - timedelta(minutes=one) for one in sorted(minutes)]


def test_the_one_too_many_waits_until_the_first_is_ten_minutes_old() -> None:
    assert wait(_ago(*range(SHORT - 1)), "none", POLICY, START) is None
    left = wait(_ago(*(n * 0.5 for n in range(SHORT))), "none", POLICY, START)
    assert left == timedelta(minutes=10 - (SHORT - 1) * 0.5)


def test_a_steady_flood_ends_at_the_days_number() -> None:
    filed = _ago(*(20 * n for n in range(DAY)))
    assert wait(filed[:-1], "suspected", POLICY, START) is None
    assert wait(filed, "none", POLICY, START) == timedelta(minutes=24 * 60 - 20 * (DAY - 1))


def test_sure_danger_passes_up_to_a_higher_number() -> None:
    filed = _ago(*(n * 0.1 for n in range(POLICY.max_dangers_per_ten_minutes)))
    assert wait(filed[:-1], "sure", POLICY, START) is None
    assert wait(filed[:-1], "suspected", POLICY, START) is not None
    assert wait(filed, "sure", POLICY, START) is not None


@given(st.lists(st.floats(0, 24 * 60 - 1), max_size=130), st.sampled_from(["none", "sure"]))
def test_after_the_wait_it_passes(minutes: list[float], danger: Danger) -> None:
    filed = _ago(*minutes)[: max_per_day(danger, POLICY)]
    left = wait(filed, danger, POLICY, START)
    if left is not None:
        later = START + left
        still = [at for at in filed if at > later - timedelta(days=1)]
        assert wait(still, danger, POLICY, later) is None


@pytest.mark.parametrize("danger", ["none", "suspected", "sure"])
def test_the_days_number_holds_the_ten_minutes(danger: Danger) -> None:
    assert max_per_day(danger, POLICY) >= SHORT
