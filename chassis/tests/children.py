"""Processes of the tests' own that can be put to sleep, woken and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
_END_SECONDS = 20.0


class Child:
    """`python -m module` with these variables; what it says goes to a file in `folder`."""

    def __init__(self, module: str, name: str, folder: Path, variables: Mapping[str, str]) -> None:
        self.name, self._command = name, (sys.executable, "-m", module)
        self.said_in = folder / f"{name}.log"
        self._variables = {
            **os.environ,
            **variables,
            "CHILD": name,
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1",
        }
        self.start()

    def start(self) -> None:
        """Starts it, or starts it anew once it has ended."""
        with self.said_in.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._variables, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def code(self) -> int | None:
        """The code it ended with; None while it lives."""
        return self._process.poll()

    @property
    def asleep(self) -> bool:
        """Whether it is stopped (SIGSTOP)."""
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def send(self, number: int) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    def said(self) -> list[str]:
        """The lines it has written so far."""
        return self.said_in.read_text(errors="replace").splitlines()

    async def says(self, word: str, times: int = 1, within: float = 30.0) -> None:
        """Waits until so many of its lines hold the word."""

        async def heard() -> bool:
            assert self.code is None or self.code < 0, self.said()[-20:]
            return sum(word in line for line in self.said()) >= times

        await eventually(heard, within)

    async def sleeps(self, within: float = 30.0) -> None:
        """Waits until it is stopped."""

        async def stopped() -> bool:
            assert self.code is None, self.said()[-20:]
            return self.asleep

        await eventually(stopped, within)

    async def ends(self, within: float = 30.0) -> int:
        """Waits until it has ended; gives its code."""

        async def over() -> bool:
            return self.code is not None

        await eventually(over, within)
        assert self.code is not None
        return self.code

    def end(self) -> None:
        """Ends it in good order if it can, else by force."""
        if self.code is not None:
            return
        with suppress(ProcessLookupError):
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)


@contextmanager
def children(
    module: str, folder: Path, variables: Mapping[str, str], *names: str
) -> Generator[list[Child]]:
    """Some at once; all have ended afterwards."""
    started: list[Child] = []
    try:
        for name in names:
            started.append(Child(module, name, folder, variables))
        yield started
    finally:
        for child in started:
            child.end()
