"""What a day is found to have come to: board, figures and the line of each report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulation import summary
from simulation.board import Board, Track
from simulation.day import parse
from simulation.settings import PlaySettings
from simulation.stage import clock_spec
from simulation.summary import Account
from simulation.table import line_of

NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
LINE = (
    '{"n": %d, "at": "2026-03-05T12:00:00+08:00", "reporter": "resident", "text": "x", '
    '"longitude": 116.94, '
    '"latitude": 36.67, "route": "%s"}'
)


def board(*routes: str) -> Board:
    return Board(parse([LINE % (n, route) for n, route in enumerate(routes, 1)]))


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


def filed(*routes: str) -> Board:
    made = board(*routes)
    for track in made:
        made.filed(track, view(track.entry.n, "routed", track.expected), NOON)
    return made


def test_a_report_is_as_it_should_be_when_closed_on_the_route_that_the_data_names():
    made = filed("volunteers", "police")
    made.update(view(1, "closed", "volunteers"), NOON)
    made.update(view(2, "closed", "committee", round=2), NOON)
    assert made.ended
    (line,) = summary.failing(made)
    assert "#2" in line
    assert "committee" in line
    assert "should be police" in line


def test_what_never_was_filed_fails_too():
    (line,) = summary.failing(board("log"))
    assert "waiting" in line


def test_an_answer_that_was_overtaken_changes_nothing():
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
def test_figures_are_compared_by_what_the_day_added(counted: dict[str, int], agree: bool):
    account = Account({"by_route": {"volunteers": 5}}, {"by_route": counted})
    assert (summary.disagreements(filed("volunteers", "volunteers", "log"), account) == []) is agree


def test_percentiles():
    assert summary.percentile([], 0.5) is None
    assert summary.percentile([3, 1, 2], 0.5) == 2
    assert summary.percentile(range(100), 0.95) == 95


def test_a_line_tells_where_a_report_goes_instead():
    track: Track = filed("police").tracks[1]
    track.route = "volunteers"
    assert "volunteers → police" in line_of(track, NOON + timedelta(minutes=5))


def test_the_clock_is_ten_minutes_before_the_first_report_when_all_are_there():
    assert clock_spec(NOON, 240, 1000.5) == "2026-03-05T03:50:00+00:00@240@1000.500"


def test_a_day_may_take_what_it_spans_and_some():
    assert PlaySettings(speed=100).limit_s(parse([LINE % (1, "log")])) == pytest.approx(
        6 * 36 + 120
    )
    assert PlaySettings(limit=5).limit_s(parse([LINE % (1, "log")])) == 5
