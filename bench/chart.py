"""The results as an SVG: each row in relation to its goal, and ours in relation to the real
peers."""

from collections.abc import Iterator, Sequence
from html import escape

from bench.rows.row import Row

_LEFT, _WIDE, _HIGH = 430, 1040, 34
_MAX_BAR = 3.0
"""Longer bars are cut; the figure beside them is exact."""
_SCALE = 130


def chart(rows: Sequence[Row]) -> str:
    bars = list(_rows(rows))
    peers = list(_peers(rows))
    height = 96 + _HIGH * (len(bars) + len(peers)) + (44 if peers else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{height}" viewBox="0 '
        f'0 {_WIDE} {height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *_group("Goals: the line is the goal, to its right it is reached", bars, 16),
    ]
    if peers:
        parts += _group(
            "Real peers: the line is the peer, to its right ours is better",
            peers,
            64 + _HIGH * len(bars),
        )
    return "\n".join([*parts, "</svg>", ""])


def _rows(rows: Sequence[Row]) -> Iterator[tuple[str, float, float, float, str]]:
    """(name, ratio to the goal, lower and upper end of its spread, label)."""
    for row in rows:
        goal, less = float(row.goal.split()[1].rstrip(",")), row.goal.startswith("<")
        reached = [goal / ratio if less else ratio / goal for ratio in (row.ratio, *row.spread)]
        name = f"{row.row}  {row.name.partition(',')[0].partition(':')[0]}"
        yield (
            name,
            reached[0],
            min(reached[1:]),
            max(reached[1:]),
            f"{row.ratio:.2f}  (goal {row.goal})",
        )


def _peers(rows: Sequence[Row]) -> Iterator[tuple[str, float, float, float, str]]:
    for row in rows:
        for peer in row.others:
            if peer.ratio is None or peer.spread is None:
                continue
            better = [
                1 / ratio if row.unit == "ms" else ratio for ratio in (peer.ratio, *peer.spread)
            ]
            yield (
                f"{row.row}  {peer.name}",
                better[0],
                min(better[1:]),
                max(better[1:]),
                f"{better[0]:.1f} times",
            )


def _group(
    title: str, bars: Sequence[tuple[str, float, float, float, str]], top: int
) -> Iterator[str]:
    bottom = top + 24 + _HIGH * len(bars)
    yield (
        f'<text x="20" y="{top + 8}" font-size="14" font-weight="bold" '
        f'fill="#222">{escape(title)}</text>'
    )
    for n, (name, value, low, high, words) in enumerate(bars):
        y = top + 24 + _HIGH * n
        length, ends = _x(value), (_LEFT + _x(low), _LEFT + _x(high))
        colour = "#2f7d5b" if value >= 1 else "#b4552d"
        yield (
            f'<text x="{_LEFT - 12}" y="{y + 16}" text-anchor="end" '
            f'fill="#222">{escape(name)}</text>'
        )
        yield (
            f'<rect x="{_LEFT}" y="{y + 2}" width="{length:.0f}" height="20" rx="2" '
            f'fill="{colour}"/>'
        )
        yield f'<path d="M{ends[0]:.0f} {y + 12}H{ends[1]:.0f}" stroke="#111" stroke-width="2"/>'
        beside = max(length, ends[1] - _LEFT) + _LEFT + 10
        yield f'<text x="{beside:.0f}" y="{y + 16}" fill="#222">{escape(words)}</text>'
    one = _LEFT + _SCALE
    yield (
        f'<line x1="{one}" x2="{one}" y1="{top + 20}" y2="{bottom}" stroke="#666" '
        f'stroke-dasharray="4"/>'
    )


def _x(value: float) -> float:
    return min(value, _MAX_BAR) * _SCALE
