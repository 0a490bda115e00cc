"""The results of a day: what the actors saw, compared with the platform's own figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

from simulation.api import Json
from simulation.tracker import Track, Tracker


@dataclass(frozen=True)
class DayResult:
    """The platform's figures about the day."""

    figures_before: Json
    figures_after: Json
    minutes: dict[str, int] = field(default_factory=dict[str, int])
    """Minutes credited, by volunteer."""
    trace_page: str = ""
    trace_services: frozenset[str] = frozenset()
    unattended: int = 0


def failing(tracker: Tracker) -> list[str]:
    """Reports that did not reach the expected end, and their state."""
    return [
        f"#{t.entry.n} {t.number}: route {t.route or '-'} (expected {t.expected}), state {t.state}"
        + (f", {t.problem}" if t.problem else "")
        for t in tracker
        if not t.as_expected
    ]


def disagreements(tracker: Tracker, result: DayResult) -> list[str]:
    """Routes for which the platform's figures differ from the reports of the day."""
    filed = Counter(t.route for t in tracker if t.id)
    counted = _difference(result.figures_before, result.figures_after, "by_route")
    routes = sorted(filed.keys() | counted.keys())
    return [
        f"{route}: filed {filed[route]}, counted {counted[route]}"
        for route in routes
        if filed[route] != counted[route]
    ]


def _difference(before: Json, after: Json, what: str) -> Counter[str]:
    found = Counter({key: int(value) for key, value in after.get(what, {}).items()})
    found.subtract({key: int(value) for key, value in before.get(what, {}).items()})
    return Counter({key: value for key, value in found.items() if value})


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that this share (0 to 1) does not exceed; None without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def show(console: Console, tracker: Tracker, result: DayResult) -> None:
    """The summary, Chinese first."""
    tracks = [track for track in tracker if track.id]
    console.print(_by_route(tracks))
    lines = [
        *_times(tracks),
        _hours(result),
        _agreement(tracker, result),
        f"escalated 升级 {sum(t.escalated for t in tracks)}, unattended 无人处理 "
        f"{result.unattended}",
        f"one report's trace 一件事项的轨迹  {result.trace_page or '-'}  "
        f"({', '.join(sorted(result.trace_services)) or 'not found'})",
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _by_route(tracks: Sequence[Track]) -> Table:
    table = Table(title="去向 routes", title_justify="left")
    for column in ("route", "reports", "as expected", "by rules alone", "called", "came"):
        table.add_column(column, justify="left" if column == "route" else "right")
    for route in ("volunteers", "committee", "police", "log", ""):
        some = [t for t in tracks if not route or t.expected == route]
        if some:
            right, alone = (
                sum(t.as_expected for t in some),
                sum(t.rules_route == t.expected for t in some),
            )
            called, came = sum(len(t.called) for t in some), sum(len(t.came) for t in some)
            table.add_row(route or "all", *map(str, (len(some), right, alone, called, came)))
    return table


def _times(tracks: Sequence[Track]) -> list[str]:
    alerts = [t.alert_ms for t in tracks if t.alert_ms is not None]
    accepted = [m for t in tracks if (m := t.minutes(t.accepted)) is not None]
    resolved = [m for t in tracks if t.route != "log" and (m := t.minutes(t.resolved)) is not None]
    return [
        f"report to alert 上报到提醒       p50 {_number(percentile(alerts, 0.5))} ms, "
        f"p95 {_number(percentile(alerts, 0.95))} ms (wall clock, {len(alerts)} reports)",
        f"report to accepted 上报到接警     median "
        f"{_number(median(accepted) if accepted else None)} min",
        f"report to resolved 上报到办结     median "
        f"{_number(median(resolved) if resolved else None)} min, "
        f"longest {_number(max(resolved, default=None))} min",
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _hours(result: DayResult) -> str:
    total = sum(result.minutes.values())
    return (
        f"hours credited 服务时长          {total / 60:.1f} h to {len(result.minutes)} volunteers"
    )


def _agreement(tracker: Tracker, result: DayResult) -> str:
    wrong = disagreements(tracker, result)
    return "figures 统计与实际             " + (
        "agree 一致" if not wrong else "DIFFER 不一致: " + "; ".join(wrong)
    )
