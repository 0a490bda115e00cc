"""What a spectator sees: a live table on a terminal, plain lines elsewhere."""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from simulation.behaviour import JINAN
from simulation.board import Track
from simulation.world import World

_STYLES = {
    "closed": "green",
    "resolved": "cyan",
    "on_scene": "magenta",
    "accepted": "blue",
    "called": "yellow",
}
_KEPT = 6  # of the latest lines below the table


class Spectator:
    """Told of all that happens; `console` decides how it is shown."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: deque[str] = deque(maxlen=_KEPT)
        self._shown: dict[int, tuple[str, str]] = {}
        self._live: Live | None = None

    def say(self, line: str) -> None:
        if self._live is None:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self._lines.append(line)

    @contextmanager
    def watching(self, world: World) -> Generator[None]:
        """The table of this day, for as long as the block lasts."""
        if not self._console.is_terminal:
            yield
            return
        with Live(
            get_renderable=lambda: self._picture(world),
            console=self._console,
            refresh_per_second=4,
            transient=False,
        ) as self._live:
            yield
        self._live = None

    def tell_moves(self, world: World) -> None:
        """On no terminal: one line for each report that moved."""
        if self._live is not None:
            return
        for track in world.board:
            seen = track.state, track.route
            if track.id and self._shown.get(track.entry.n) != seen:
                self._shown[track.entry.n] = seen
                self.say(line_of(track, world.now()))

    def _picture(self, world: World) -> Group:
        ended = sum(track.ended for track in world.board)
        title = (
            f"{_clock(world.now())}  ×{world.clock.rate:g}   "
            f"{ended}/{len(world.board.tracks)} closed"
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
        height = max(8, self._console.size.height - _KEPT - 8)
        for track in _in_view(list(world.board), height):
            table.add_row(*_cells(track, world.now()), style=_STYLES.get(track.state, ""))
        return Group(table, Text("\n".join(self._lines), style="dim"))


def _in_view(tracks: list[Track], height: int) -> list[Track]:
    """The latest that fit: those still open before those ended."""
    filed = [track for track in tracks if track.id]
    open_ones, ended = [t for t in filed if not t.ended], [t for t in filed if t.ended]
    room = max(0, height - len(open_ones))
    shown = {t.entry.n for t in open_ones[:height]} | {
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
    """A report's move in one plain line."""
    n, _, number, category, route, state, called, came, minutes = _cells(track, now)
    crew = f"called {called}, came {came or 0}" if called else ""
    return (
        f"{_clock(now)}  #{n:>3} {number:<12} {category:<12} {route:<10} {state:<13} "
        f"{minutes:>4} min  {crew}"
    ).rstrip()


def _clock(moment: datetime) -> str:
    return moment.astimezone(JINAN).strftime("%m-%d %H:%M")
