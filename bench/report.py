"""Writes the results as JSON, as a page and as a chart."""

import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import psutil
from pydantic import BaseModel

from bench.chart import chart
from bench.rows.growth import Scale
from bench.rows.replicas import Replicas
from bench.rows.row import Other, Row

ROOT = Path(__file__).resolve().parent.parent
RESULTS, PAGE, CHART = (
    ROOT / "bench/results.json",
    ROOT / "docs/benchmarks.md",
    ROOT / "docs/benchmarks.svg",
)
_HEAD = Path(__file__).with_name("benchmarks.head.md")


class Results(BaseModel):
    machine: dict[str, str | int | float]
    command: str = ""
    rows: list[Row] = []
    city: Scale | None = None
    replicas: Replicas | None = None
    memory_mib: dict[str, float] = {}
    not_measured: list[str] = []
    """The rows that failed."""


def machine() -> dict[str, str | int | float]:
    """The machine that the figures were measured on."""
    return {
        "cpus": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def write(found: Results, command: str) -> None:
    """Writes all three from this run."""
    found.command = command
    RESULTS.write_text(json.dumps(found.model_dump(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text("\n".join(_page(found)) + "\n", "utf-8")
    CHART.write_text(chart(found.rows), "utf-8")


def line(row: Row) -> str:
    return (
        f"row {row.row} {row.name}: {_figure(row.ours)} / {_figure(row.peer)} {row.unit} = "
        f"{row.ratio:.2f} "
        f"({row.spread[0]:.2f}-{row.spread[1]:.2f}), goal {row.goal}"
    )


def peer_line(row: Row, peer: Other) -> str:
    if peer.value is None or peer.ratio is None:
        return f"  {peer.name}: not run, {peer.not_run}"
    return f"  {peer.name}: {_figure(peer.value)} {row.unit}, ours / theirs {peer.ratio:.2f}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def _page(found: Results) -> Iterator[str]:
    on = found.machine
    yield _HEAD.read_text("utf-8")
    yield (
        f"Written by `{found.command}` on {on['cpus']} cores, {on['memory_gib']} GiB, "
        f"{on['system']}, Python "
        f"{on['python']}; load {on['load_before']} before.\n"
    )
    if found.not_measured:
        yield f"Not measured, since it failed in this run: {', '.join(found.not_measured)}.\n"
    yield (
        "![How far each row is above its goal, and how ours stands to the real "
        "peers](benchmarks.svg)\n"
    )
    yield (
        "| row | what | ours | bare | unit | ratio | spread | goal | rounds "
        "|\n|---|---|---|---|---|---|---|---|---|"
    )
    for r in found.rows:
        yield (
            f"| {r.row} | {r.name} | {_figure(r.ours)} | {_figure(r.peer)} | {r.unit} | "
            f"**{r.ratio:.2f}** | "
            f"{r.spread[0]:.2f}-{r.spread[1]:.2f} | {r.goal} | {r.rounds} |"
        )
    yield from _peers(found)
    yield from _costs(found)
    yield from _city(found)
    yield from _replicas(found)
    yield "\n## Memory\n\nResident, at the end of the run, MiB.\n"
    yield _across(found.memory_mib)
    yield from _details(found)


def _peers(found: Results) -> Iterator[str]:
    yield "\n## Real peers\n"
    yield (
        "| row | peer | ours | theirs | unit | ours / theirs | spread "
        "|\n|---|---|---|---|---|---|---|"
    )
    for r in found.rows:
        for peer in r.others:
            if peer.value is None or peer.ratio is None or peer.spread is None:
                yield (
                    f"| {r.row} | {peer.name} | {_figure(r.ours)} | not run: {peer.not_run} "
                    f"| {r.unit} | | |"
                )
                continue
            low, high = peer.spread
            yield (
                f"| {r.row} | {peer.name} | {_figure(r.ours)} | {_figure(peer.value)} | {r.unit} "
                f"| {peer.ratio:.2f} | "
                f"{low:.2f}-{high:.2f} |"
            )


def _costs(found: Results) -> Iterator[str]:
    yield "\n## CPU\n"
    yield "Microseconds of CPU for each operation, by process: all that take part, servers too.\n"
    yield "| row | side | in all | by process |\n|---|---|---|---|"
    for r in found.rows:
        for side, parts in r.cpu_us.items():
            shares = ", ".join(
                f"{part} {spent:,.0f}" for part, spent in parts.items() if spent >= 0.5
            )
            yield f"| {r.row} | {side} | {sum(parts.values()):,.0f} | {shares} |"


def _city(found: Results) -> Iterator[str]:
    if found.city is None:
        return
    small, large = (f"{size:,}" for size in found.city.sizes)
    yield "\n## The city grows\n"
    yield f"| what | unit | at {small} | at {large} | times worse | goal |"
    yield "|---|---|---|---|---|---|"
    for f in found.city.figures:
        figures = f"{_figure(f.small)} | {_figure(f.large)} | {f.ratio:.2f}"
        yield f"| {f.name} | {f.unit} | {figures} | {f.goal} |"
    yield "\nResident memory, MiB:\n"
    names = list(next(iter(found.city.memory_mib.values()), {}))
    yield "| volunteers | " + " | ".join(names) + " |\n|---|" + "---|" * len(names)
    for size, memory in found.city.memory_mib.items():
        yield f"| {size} | " + " | ".join(f"{memory[name]:,.0f}" for name in names) + " |"


def _replicas(found: Results) -> Iterator[str]:
    if found.replicas is None:
        return
    r = found.replicas
    busy = ", ".join(f"{part} {cores:.2f}" for part, cores in r.busy_cores.items())
    yield "\n## Two replicas\n"
    yield (
        f"Sign-ups by one process of registration: {_figure(r.one)}/s; by two: {_figure(r.two)}/s, "
        f"{r.scales:.2f} times ({r.spread[0]:.2f}-{r.spread[1]:.2f}). "
        "The limit is the machine: with two, of its "
        f"{r.cores} cores these were busy: {busy}; the rest went to the load client and "
        "the kernel. One sign-up costs "
        f"{sum(r.cpu_us.values()):,.0f} microseconds of CPU in all."
    )


def _details(found: Results) -> Iterator[str]:
    yield "\n## Details"
    for r in found.rows:
        for name, value in r.details.items():
            if isinstance(value, dict):
                yield f"\nRow {r.row}, {name}:\n"
                yield _across(value)
            else:
                shown = _figure(value) if isinstance(value, float) else value
                yield f"\n- row {r.row}, {name}: {shown}"


def _across(values: dict[str, float]) -> str:
    head = "| " + " | ".join(values) + " |\n|" + "---|" * len(values)
    return f"{head}\n| " + " | ".join(_figure(value) for value in values.values()) + " |"
