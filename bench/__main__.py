"""`make bench`: the rows that are asked for (all by default), ours and the peers in turn on one
fresh platform.

QUICK=1: fewer rounds and requests, without the city's growth and the replicas, under 5 minutes;
nothing is written, unless WRITE=1 says so. ROWS=1,5: only these; nothing is written either.
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
from bench.rows import alert, choice, city, positions, registration, replicas, spine, tracing
from bench.rows.row import Row
from bench.stage import Stage

Measure = Callable[[Stage, int, int], Awaitable[Row]]
ROWS: dict[int, tuple[Measure, int, int]] = {
    1: (registration.measure, 2000, 800),
    3: (positions.measure, 2000, 800),
    5: (spine.measure, 3000, 1200),
    6: (choice.measure, 1000, 200),
    7: (tracing.measure, 1000, 400),
    2: (alert.measure, 300, 150),
}
"""Row -> how, and with how many requests a round: in full, and quick. Row 2 last: it leaves a city
on duty, and then each report of another row would call its volunteers."""
ROUNDS, QUICK_ROUNDS, CITY_SHARE = 5, 3, 0.5


class Bench:
    """One run. A row that fails is told and does not keep the others from being measured."""

    def __init__(self, quick: bool, wanted: list[int]) -> None:
        self._quick, self._wanted = quick, wanted
        self.console = Console(soft_wrap=True)
        self.found = report.Results(machine=report.machine())

    async def run(self) -> None:
        async with Stage() as stage:
            for number in self._wanted:
                await self._try(f"row {number}", self._row(stage, number))
            if not self._quick and self._wanted == list(ROWS):
                await self._try("the city's growth", self._city(stage))
                await self._try("replicas", self._replicas(stage))
            self.found.memory_mib = stage.memory()
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

    async def _row(self, stage: Stage, number: int) -> None:
        measure, full, quick = ROWS[number]
        rounds, requests = (QUICK_ROUNDS, quick) if self._quick else (ROUNDS, full)
        found = await measure(stage, rounds, requests)
        self.found.rows = sorted([*self.found.rows, found], key=lambda row: row.row)
        self.console.print(report.line(found))
        for peer in found.others:
            self.console.print(report.beside(found, peer))
        self.console.print({**found.cpu_us, **found.details})

    async def _city(self, stage: Stage) -> None:
        self.found.city = await city.measure(stage, QUICK_ROUNDS, CITY_SHARE)
        self.console.print(self.found.city.model_dump())

    async def _replicas(self, stage: Stage) -> None:
        self.found.replicas = await replicas.measure(stage, ROUNDS, 3000)
        self.console.print(self.found.replicas.model_dump())


async def _until_told(bench: Bench) -> None:
    """SIGTERM ends a run as Ctrl-C does: what was started on the way is ended."""
    task = asyncio.ensure_future(bench.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def main() -> int:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    wanted = [int(number) for number in os.environ.get("ROWS", "").split(",") if number] or list(
        ROWS
    )
    bench, began = Bench(quick, wanted), time.monotonic()
    asyncio.run(_until_told(bench))
    bench.console.print(f"{time.monotonic() - began:.0f} s in all")
    if wanted == list(ROWS) and (not quick or os.environ.get("WRITE") == "1"):
        report.write(bench.found, "make bench QUICK=1 WRITE=1" if quick else "make bench")
    if bench.found.not_measured:
        bench.console.print(f"not measured: {', '.join(bench.found.not_measured)}")
    return 1 if bench.found.not_measured else 0


if __name__ == "__main__":
    sys.exit(main())
