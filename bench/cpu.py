"""CPU time and memory of the processes that take part in a measurement."""

import os
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress

import psutil

Part = Callable[[], Iterable[int]]
"""Gives the process ids of one part; called each time, since a pool may have grown."""


class CpuMeter:
    """`with meter.during("ours", 4000): ...` records the CPU time of each of the side's parts for
    4000 operations."""

    def __init__(self, sides: Mapping[str, Mapping[str, Part]]) -> None:
        self._sides = sides
        self._seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._operations: dict[str, int] = defaultdict(int)

    @contextmanager
    def during(self, side: str, operations: int, recorded: bool = True) -> Generator[None]:
        """With `recorded` false (a warm-up round) nothing is recorded."""
        before = {part: seconds(pids()) for part, pids in self._sides[side].items()}
        yield
        if recorded:
            self._operations[side] += operations
            for part, pids in self._sides[side].items():
                # A process restarted meanwhile has used less than the one before it.
                self._seconds[side][part] += max(0.0, seconds(pids()) - before[part])

    def each_us(self) -> dict[str, dict[str, float]]:
        """Microseconds of CPU per operation, by side and part."""
        return {
            side: {
                part: round(spent / self._operations[side] * 1e6, 1)
                for part, spent in parts.items()
            }
            for side, parts in self._seconds.items()
        }


def seconds(pids: Iterable[int]) -> float:
    """CPU time so far of these processes and their descendants."""
    total = 0.0
    for process in family(pids):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:2])
    return total


def memory_mib(pids: Iterable[int]) -> float:
    """Resident memory of these processes and their descendants."""
    total = 0
    for process in family(pids):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 2**20


def family(pids: Iterable[int]) -> list[psutil.Process]:
    """These processes and their living descendants, each once; of the bench only itself."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with suppress(psutil.Error):
            parent = psutil.Process(pid)
            started = [] if pid == os.getpid() else parent.children(recursive=True)
            found |= {one.pid: one for one in (parent, *started)}
    return list(found.values())
