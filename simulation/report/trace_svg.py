"""Draws a trace: `python -m simulation.report.trace_svg ZIPKIN_URL TRACE_ID` prints an SVG with one
bar per span.
"""

import sys
from dataclasses import dataclass
from html import escape
from typing import Any

import httpx

_COLOURS = {
    "gateway": "#6b7a8f",
    "incidents": "#b5532c",
    "dispatch": "#2f6f9f",
    "notify": "#3f8f5f",
    "registration": "#8a5fa8",
}
_NAMES, _WIDTH, _LINE = 430, 620, 22
_MAX_SPANS = 40


@dataclass(frozen=True)
class Bar:
    """One span: start since the trace's start, and length, in milliseconds."""

    service: str
    name: str
    depth: int
    start: float
    length: float


def bars(spans: list[dict[str, Any]]) -> list[Bar]:
    """Converts spans (Zipkin v2 JSON, microseconds): children below their parent, by start
    time."""
    first = min(span["timestamp"] for span in spans)
    children: dict[str | None, list[dict[str, Any]]] = {}
    ids = {span["id"] for span in spans}
    for span in sorted(spans, key=lambda span: span["timestamp"]):
        parent = span.get("parentId")
        children.setdefault(parent if parent in ids else None, []).append(span)
    found: list[Bar] = []

    def walk(parent: str | None, depth: int) -> None:
        for span in children.get(parent, []):
            service = span.get("localEndpoint", {}).get("serviceName", "?")
            start, length = (span["timestamp"] - first) / 1000, span.get("duration", 0) / 1000
            found.append(Bar(service, span.get("name", ""), depth, start, length))
            walk(span["id"], depth + 1)

    walk(None, 0)
    return found[:_MAX_SPANS]


def svg(rows: list[Bar]) -> str:
    """The drawing as a complete SVG document."""
    total = max(row.start + row.length for row in rows)
    height = 40 + _LINE * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_NAMES + _WIDTH + 90}" height="{height}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="18" font-weight="bold">One report, from the gateway to the alert: '
        f"{total:.0f} ms</text>",
    ]
    for n, row in enumerate(rows):
        y, colour = 32 + n * _LINE, _COLOURS.get(row.service, "#888")
        x, width = _NAMES + row.start / total * _WIDTH, max(2.0, row.length / total * _WIDTH)
        parts += [
            f'<text x="{10 + row.depth * 12}" y="{y + 12}"><tspan fill="{colour}" '
            f'font-weight="bold">'
            f"{escape(row.service)}</tspan> {escape(row.name)}</text>",
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<text x="{x + width + 5:.1f}" y="{y + 11}" fill="#555" '
            f'font-size="10">{row.length:.1f} ms</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    answer = httpx.get(f"{sys.argv[1]}/api/v2/trace/{sys.argv[2]}", timeout=10).raise_for_status()
    print(svg(bars(answer.json())))
