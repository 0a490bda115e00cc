"""`make bench`: measures all rows, or those of ROWS, ours and the peers in turn on one fresh
platform.

QUICK=1: fewer rounds and requests, without the city's growth and the replicas, about 7 minutes;
results are written only with WRITE=1. ROWS=1,5: only these; nothing is written.
"""

import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable

from rich.console import Console

from bench import report
from bench.environment import Environment
from bench.rows import (
    alert,
    growth,
    idle,
    pipeline,
    positions,
    registration,
    replicas,
    saturation,
    selection,
    strangers,
    tracing,
)
from bench.rows.row import Row

Measure = Callable[[Environment, int, int], Awaitable[Row]]
ROWS: dict[int, tuple[Measure, int, int]] = {
    1: (registration.measure, 2000, 800),
    3: (positions.measure, 2000, 800),
    5: (pipeline.measure, 3000, 1200),
    6: (selection.measure, 1000, 200),
    7: (tracing.measure, 1000, 400),
    8: (idle.measure, 60, 21),
    2: (alert.measure, 300, 150),
    9: (saturation.measure, 800, 400),
    10: (strangers.measure, 150, 80),
}
"""Row: (measure, requests per round, requests per quick round); of row 8 the seconds in all. Rows
2, 9 and 10 are last: they leave a city on duty, whose volunteers the reports of other rows would
call."""
ROUNDS, QUICK_ROUNDS, GROWTH_SHARE = 5, 3, 0.5


class Bench:
    """One run. A row that fails is reported; the others are still measured."""

    def __init__(self, quick: bool, wanted: list[int]) -> None:
        self._quick, self._wanted = quick, wanted
        self.console = Console(soft_wrap=True)
        self.found = report.Results(machine=report.machine())

    async def run(self) -> None:
        async with Environment() as environment:
            for number in self._wanted:
                await self._try(f"row {number}", self._row(environment, number))
            if not self._quick and self._wanted == list(ROWS):
                await self._try("the city's growth", self._growth(environment))
                await self._try("replicas", self._replicas(environment))
            self.found.memory_mib = environment.memory()
            self.console.print(
                {name: f"{mib:.0f} MiB" for name, mib in self.found.memory_mib.items()}
            )

    async def _try(self, name: str, step: Awaitable[None]) -> None:
        began = time.monotonic()
        try:
            await step
        except Exception:
            traceback.print_exc()
            self.found.not_measured.append(name)
        self.console.print(f"[dim]{name}: {time.monotonic() - began:.0f} s[/dim]")

    async def _row(self, environment: Environment, number: int) -> None:
        measure, full, quick = ROWS[number]
        rounds, requests = (QUICK_ROUNDS, quick) if self._quick else (ROUNDS, full)
        found = await measure(environment, rounds, requests)
        self.found.rows = sorted([*self.found.rows, found], key=lambda row: row.row)
        self.console.print(report.line(found))
        for peer in found.others:
            self.console.print(report.peer_line(found, peer))
        self.console.print({**found.cpu_us, **found.details})

    async def _growth(self, environment: Environment) -> None:
        self.found.city = await growth.measure(environment, QUICK_ROUNDS, GROWTH_SHARE)
        self.console.print(self.found.city.model_dump())

    async def _replicas(self, environment: Environment) -> None:
        self.found.replicas = await replicas.measure(environment, ROUNDS, 3000)
        self.console.print(self.found.replicas.model_dump())


async def _run(bench: Bench) -> None:
    """SIGTERM ends a run like Ctrl-C: every process that was started is ended."""
    task = asyncio.ensure_future(bench.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def main() -> int:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    wanted = [int(number) for number in os.environ.get("ROWS", "").split(",") if number] or list(
        ROWS
    )
    bench, began = Bench(quick, wanted), time.monotonic()
    asyncio.run(_run(bench))
    bench.console.print(f"{time.monotonic() - began:.0f} s in all")
    if wanted == list(ROWS) and (not quick or os.environ.get("WRITE") == "1"):
        report.write(bench.found, "make bench QUICK=1 WRITE=1" if quick else "make bench")
    if bench.found.not_measured:
        bench.console.print(f"not measured: {', '.join(bench.found.not_measured)}")
    return 1 if bench.found.not_measured else 0


if __name__ == "__main__":
    sys.exit(main())
