"""`make bench`: the rows that are asked for (all by default), ours and the peers in turn on one fresh platform.

QUICK=1: fewer rounds and requests, under 5 minutes, and nothing written. ROWS=1,5: only these.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable

from rich.console import Console

from bench import report
from bench.rows import alert, choice, positions, registration, spine, tracing
from bench.rows.row import Row
from bench.stage import Stage

Measure = Callable[[Stage, int, int], Awaitable[Row]]
ROWS: dict[int, tuple[Measure, int]] = {
    1: (registration.measure, 4000),
    2: (alert.measure, 500),
    3: (positions.measure, 4000),
    5: (spine.measure, 6000),
    6: (choice.measure, 1000),
    7: (tracing.measure, 2000),
}
"""Row -> how, and with how many requests a round."""


async def main() -> None:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    wanted = [int(number) for number in os.environ.get("ROWS", "").split(",") if number] or list(ROWS)
    console, on = Console(), report.machine()
    rows: list[Row] = []
    async with Stage() as stage:
        for number in wanted:
            measure, requests = ROWS[number]
            found = await measure(stage, 3 if quick else 7, requests // (4 if quick else 1))
            rows.append(found)
            console.print(
                f"row {number} {found.name}: {found.ours:,.0f} / {found.peer:,.0f} {found.unit} = {found.ratio:.2f} "
                f"({found.spread[0]:.2f}-{found.spread[1]:.2f}), goal {found.goal} {found.details or ''}"
            )
        console.print({name: f"{mib:.0f} MiB" for name, mib in stage.memory().items()})
    if not quick and wanted == list(ROWS):
        report.write(rows, on, "make bench")


if __name__ == "__main__":
    asyncio.run(main())
