"""Progress while the day runs: a live table on a terminal, plain lines elsewhere."""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jinan.local_time import LOCAL
from simulation.context import Context
from simulation.tracker import Track

_STYLES = {
    "closed": "green",
    "resolved": "cyan",
    "on_scene": "magenta",
    "accepted": "blue",
    "called": "yellow",
}
_KEPT_LINES = 6  # below the table


class Display:
    """Prints lines, or a table with the latest lines below it where `console` is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._shown: dict[int, tuple[str, str]] = {}
        self._live: Live | None = None

    def say(self, line: str) -> None:
        if self._live is None:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self._lines.append(line)

    @contextmanager
    def watching(self, context: Context) -> Generator[None]:
        """Shows the live table while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(
            get_renderable=lambda: self._render(context),
            console=self._console,
            refresh_per_second=4,
            transient=False,
        ) as self._live:
            yield
        self._live = None

    def print_changes(self, context: Context) -> None:
        """Without a terminal: prints one line for each report that changed."""
        if self._live is not None:
            return
        for track in context.tracker:
            seen = track.state, track.route
            if track.id and self._shown.get(track.entry.n) != seen:
                self._shown[track.entry.n] = seen
                self.say(line_of(track, context.now()))

    def _render(self, context: Context) -> Group:
        ended = sum(track.ended for track in context.tracker)
        title = (
            f"{_clock(context.now())}  ×{context.clock.rate:g}   "
            f"{ended}/{len(context.tracker.tracks)} closed"
        )
        table = Table(title=title, title_justify="left", expand=False)
        for column in (
            "n",
            "filed",
            "number",
            "category",
            "route",
            "state",
            "called",
            "came",
            "minutes",
        ):
            table.add_column(
                column, justify="right" if column in {"n", "called", "came", "minutes"} else "left"
            )
        height = max(8, self._console.size.height - _KEPT_LINES - 8)
        for track in _in_view(list(context.tracker), height):
            table.add_row(*_cells(track, context.now()), style=_STYLES.get(track.state, ""))
        return Group(table, Text("\n".join(self._lines), style="dim"))


def _in_view(tracks: list[Track], height: int) -> list[Track]:
    """The reports that fit: open ones first, then the latest that ended."""
    filed = [track for track in tracks if track.id]
    open_reports, ended = [t for t in filed if not t.ended], [t for t in filed if t.ended]
    room = max(0, height - len(open_reports))
    shown = {t.entry.n for t in open_reports[:height]} | {
        t.entry.n for t in (ended[-room:] if room else [])
    }
    return [track for track in filed if track.entry.n in shown]


def _cells(track: Track, now: datetime) -> list[str]:
    minutes = track.minutes(track.closed or now)
    route = track.route if track.route == track.expected else f"{track.route} → {track.expected}"
    return [
        str(track.entry.n),
        _clock(track.filed or now),
        track.number,
        track.category,
        route,
        track.state,
        str(len(track.called) or ""),
        str(len(track.came) or ""),
        f"{minutes:.0f}" if minutes is not None else "",
    ]


def line_of(track: Track, now: datetime) -> str:
    """A report's state in one plain line."""
    n, _, number, category, route, state, called, came, minutes = _cells(track, now)
    crew = f"called {called}, came {came or 0}" if called else ""
    return (
        f"{_clock(now)}  #{n:>3} {number:<12} {category:<12} {route:<10} {state:<13} "
        f"{minutes:>4} min  {crew}"
    ).rstrip()


def _clock(moment: datetime) -> str:
    return moment.astimezone(LOCAL).strftime("%m-%d %H:%M")
