"""Results as JSON for machines, a table for the docs, and a chart."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench.rows.row import Row

ROOT = Path(__file__).resolve().parent.parent
RESULTS, TABLE, CHART = ROOT / "bench/results.json", ROOT / "docs/benchmarks.md", ROOT / "docs/benchmarks.svg"


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    return {
        "cpus": os.cpu_count() or 0, "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(), "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def write(rows: Sequence[Row], on: dict[str, str | int | float], command: str) -> None:
    """Writes all three; rows that were not measured this time are left out, not kept from before."""
    document = {"machine": on, "command": command, "rows": [row.model_dump() for row in rows]}
    RESULTS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    TABLE.write_text(_page(rows, on, command), "utf-8")
    CHART.write_text(_chart(rows), "utf-8")


def _page(rows: Sequence[Row], on: dict[str, str | int | float], command: str) -> str:
    lines = [
        "# Benchmarks", "",
        "Ours and the bare parts side by side: in turn, in the same run, on the same servers, with the same durability",
        "and tracing on. Ratios are medians of the rounds' own ratios; the spread is the smallest and the largest.",
        f"Written by `{command}` on {on['cpus']} cores, {on['memory_gib']} GiB, Python {on['python']}, "
        f"load {on['load_before']} before.", "",
        "| row | what | ours | bare | unit | ratio | spread | goal | rounds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {r.row} | {r.name} | {r.ours:,.0f} | {r.peer:,.0f} | {r.unit} | {r.ratio:.2f} | "
        f"{r.spread[0]:.2f}-{r.spread[1]:.2f} | {r.goal} | {r.rounds} |"
        for r in rows
    ]
    details = [f"- row {r.row}: " + ", ".join(f"{k} {v}" for k, v in r.details.items()) for r in rows if r.details]
    return "\n".join([*lines, "", *details, "", "![ratios](benchmarks.svg)", ""])


def _chart(rows: Sequence[Row]) -> str:
    """Bars of the ratios on one scale, the spread as a line."""
    scale, top = 160, max(2.5, *(r.spread[1] for r in rows))
    width, height = 340 + top * scale, 30 + 34 * len(rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-family="sans-serif" '
             f'font-size="12"><rect width="100%" height="100%" fill="white"/>']  # fmt: skip
    for n, r in enumerate(rows):
        y = 20 + 34 * n
        low, high = (300 + x * scale for x in r.spread)
        parts += [
            f'<text x="290" y="{y + 14}" text-anchor="end">{r.row} {r.name}</text>',
            f'<rect x="300" y="{y}" width="{r.ratio * scale:.0f}" height="20" fill="#2f6f9f"/>',
            f'<line x1="{low:.0f}" x2="{high:.0f}" y1="{y + 10}" y2="{y + 10}" stroke="#111" stroke-width="2"/>',
            f'<text x="{high + 8:.0f}" y="{y + 14}">{r.ratio:.2f} (goal {r.goal.replace(">", "&gt;")})</text>',
        ]
    one = 300 + scale
    parts.append(f'<line x1="{one}" x2="{one}" y1="10" y2="{height}" stroke="#999" stroke-dasharray="4"/></svg>')
    return "\n".join(parts) + "\n"
