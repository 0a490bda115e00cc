"""The results of a day: tracker, figures and the line of each report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulation.environment import clock_spec
from simulation.report import summary
from simulation.report.display import line_of
from simulation.report.summary import DayResult
from simulation.scenario import parse
from simulation.settings import RunSettings
from simulation.tracker import Track, Tracker

NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
LINE = (
    '{"n": %d, "at": "2026-03-05T12:00:00+08:00", "reporter": "resident", "text": "x", '
    '"longitude": 116.94, '
    '"latitude": 36.67, "route": "%s"}'
)


def tracker(*routes: str) -> Tracker:
    return Tracker(parse([LINE % (n, route) for n, route in enumerate(routes, 1)]))


def view(n: int, state: str, route: str, round: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"rep_{n}",
        "number": f"JN-{n}",
        "state": state,
        "route": route,
        "round": round,
        "area": "370104009008",
        "category": "traffic",
        "timeline": [],
    } | more


def filed(*routes: str) -> Tracker:
    made = tracker(*routes)
    for track in made:
        made.filed(track, view(track.entry.n, "routed", track.expected), NOON)
    return made


def test_a_report_is_as_expected_when_closed_on_the_expected_route():
    made = filed("volunteers", "police")
    made.update(view(1, "closed", "volunteers"), NOON)
    made.update(view(2, "closed", "committee", round=2), NOON)
    assert made.ended
    (line,) = summary.failing(made)
    assert "#2" in line
    assert "committee" in line
    assert "expected police" in line


def test_a_report_that_was_never_filed_fails():
    (line,) = summary.failing(tracker("log"))
    assert "waiting" in line


def test_an_older_answer_changes_nothing():
    made = filed("volunteers")
    assert made.update(view(1, "called", "volunteers", round=2), NOON) is not None
    assert made.update(view(1, "resolved", "volunteers", round=1), NOON) is None
    assert made.tracks[1].state == "called"


def test_times_are_those_of_the_time_line():
    made = filed("volunteers")
    at = (NOON + timedelta(minutes=30)).isoformat()
    made.update(
        view(1, "resolved", "volunteers", timeline=[{"what": "resolved", "at": at}]),
        NOON + timedelta(hours=1),
    )
    assert made.tracks[1].minutes(made.tracks[1].resolved) == 30


@pytest.mark.parametrize(
    ("counted", "agree"),
    [
        ({"volunteers": 7, "log": 1}, True),
        ({"volunteers": 6, "log": 1}, False),
        ({"volunteers": 7}, False),
        ({"volunteers": 7, "log": 1, "police": 1}, False),
    ],
)
def test_figures_are_compared_by_their_increase(counted: dict[str, int], agree: bool):
    result = DayResult({"by_route": {"volunteers": 5}}, {"by_route": counted})
    assert (summary.disagreements(filed("volunteers", "volunteers", "log"), result) == []) is agree


def test_percentiles():
    assert summary.percentile([], 0.5) is None
    assert summary.percentile([3, 1, 2], 0.5) == 2
    assert summary.percentile(range(100), 0.95) == 95


def test_a_line_shows_the_expected_route():
    track: Track = filed("police").tracks[1]
    track.route = "volunteers"
    assert "volunteers → police" in line_of(track, NOON + timedelta(minutes=5))


def test_the_clock_is_ten_minutes_before_the_first_report_at_startup():
    assert clock_spec(NOON, 240, 1000.5) == "2026-03-05T03:50:00+00:00@240@1000.500"


def test_the_time_limit_is_derived_from_the_span_of_the_day():
    assert RunSettings(speed=100).limit_s(parse([LINE % (1, "log")])) == pytest.approx(6 * 36 + 120)
    assert RunSettings(limit=5).limit_s(parse([LINE % (1, "log")])) == 5
