"""What the day came to, from what was played and from what the platform counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

from simulation.api import Json
from simulation.board import Board, Track


@dataclass(frozen=True)
class Account:
    """What the platform says of the day, beside the board."""

    figures_before: Json
    figures_after: Json
    minutes: dict[str, int] = field(default_factory=dict[str, int])
    """Volunteer -> minutes credited."""
    trace_page: str = ""
    trace_services: frozenset[str] = frozenset()
    unattended: int = 0


def failing(board: Board) -> list[str]:
    """Reports that did not reach the end the data names, and where they stand."""
    return [
        f"#{t.entry.n} {t.number}: route {t.route or '-'} (should be {t.expected}), state {t.state}"
        + (f", {t.problem}" if t.problem else "")
        for t in board
        if not t.as_it_should_be
    ]


def disagreements(board: Board, account: Account) -> list[str]:
    """Where the platform's figures differ from what was played."""
    played = Counter(t.route for t in board if t.id)
    counted = _difference(account.figures_before, account.figures_after, "by_route")
    routes = sorted(played.keys() | counted.keys())
    return [
        f"{route}: played {played[route]}, counted {counted[route]}"
        for route in routes
        if played[route] != counted[route]
    ]


def _difference(before: Json, after: Json, what: str) -> Counter[str]:
    found = Counter({key: int(value) for key, value in after.get(what, {}).items()})
    found.subtract({key: int(value) for key, value in before.get(what, {}).items()})
    return Counter({key: value for key, value in found.items() if value})


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def show(console: Console, board: Board, account: Account) -> None:
    """The summary, Chinese first."""
    tracks = [track for track in board if track.id]
    console.print(_by_route(tracks))
    lines = [
        *_times(tracks),
        _hours(account),
        _agreement(board, account),
        f"escalated 升级 {sum(t.escalated for t in tracks)}, unattended 无人处理 "
        f"{account.unattended}",
        f"one report's trace 一件事项的轨迹  {account.trace_page or '-'}  "
        f"({', '.join(sorted(account.trace_services)) or 'not found'})",
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _by_route(tracks: Sequence[Track]) -> Table:
    table = Table(title="去向 routes", title_justify="left")
    for column in ("route", "reports", "as named", "by the rules alone", "called", "came"):
        table.add_column(column, justify="left" if column == "route" else "right")
    for route in ("volunteers", "committee", "police", "log", ""):
        some = [t for t in tracks if not route or t.expected == route]
        if some:
            right, alone = (
                sum(t.as_it_should_be for t in some),
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


def _hours(account: Account) -> str:
    total = sum(account.minutes.values())
    return (
        f"hours credited 服务时长          {total / 60:.1f} h to {len(account.minutes)} volunteers"
    )


def _agreement(board: Board, account: Account) -> str:
    wrong = disagreements(board, account)
    return "figures 统计与实际             " + (
        "agree 一致" if not wrong else "DIFFER 不一致: " + "; ".join(wrong)
    )
