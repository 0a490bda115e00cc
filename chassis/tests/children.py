"""Child processes that tests stop, continue and kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
_TERMINATION_SECONDS = 20.0


class Child:
    """`python -m module` with these environment variables; its output goes to a file in
    `folder`."""

    def __init__(self, module: str, name: str, folder: Path, variables: Mapping[str, str]) -> None:
        self.name, self._command = name, (sys.executable, "-m", module)
        self._output = folder / f"{name}.log"
        self._variables = {
            **os.environ,
            **variables,
            "CHILD": name,
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1",
        }
        self.start()

    def start(self) -> None:
        """Start it, or restart it after it has exited."""
        with self._output.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._variables, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def stopped(self) -> bool:
        """Whether it is stopped by SIGSTOP."""
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def send(self, signal_number: int) -> None:
        self._process.send_signal(signal_number)

    def output(self) -> list[str]:
        """The lines it has written so far."""
        return self._output.read_text(errors="replace").splitlines()

    async def wait_for_output(self, text: str, times: int = 1, within: float = 30.0) -> None:
        """Wait until `times` of its lines contain `text`."""

        async def found() -> bool:
            assert self.exit_code is None or self.exit_code < 0, self.output()[-20:]
            return sum(text in line for line in self.output()) >= times

        await eventually(found, within=within)

    async def wait_until_stopped(self, within: float = 30.0) -> None:
        async def is_stopped() -> bool:
            assert self.exit_code is None, self.output()[-20:]
            return self.stopped

        await eventually(is_stopped, within=within)

    async def wait_for_exit(self, within: float = 30.0) -> int:
        """Its exit code."""

        async def has_exited() -> bool:
            return self.exit_code is not None

        await eventually(has_exited, within=within)
        assert self.exit_code is not None
        return self.exit_code

    def terminate(self) -> None:
        """SIGTERM; SIGKILL if that takes too long."""
        if self.exit_code is not None:
            return
        with suppress(ProcessLookupError):
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
        try:
            self._process.wait(_TERMINATION_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_TERMINATION_SECONDS)


@contextmanager
def children(
    module: str, folder: Path, variables: Mapping[str, str], *names: str
) -> Generator[list[Child]]:
    """One process for each name; all have exited afterwards."""
    started: list[Child] = []
    try:
        for name in names:
            started.append(Child(module, name, folder, variables))
        yield started
    finally:
        for child in started:
            child.terminate()
