"""The local platform: `python -m deploy.local run`, and the commands that go with it."""

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.doctor import examine
from deploy.local.fetch import FetchError
from deploy.local.fetch import fetch as fetch_servers
from deploy.local.paths import CACHE, STATE
from deploy.local.platform import Platform
from deploy.local.preflight import PlatformError
from deploy.local.profiles import LASTING, TESTS, lasting, sweep_tests
from deploy.local.welcome import addresses, demonstration, who_can_sign_in

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(highlight=False, soft_wrap=True)
Profile = Annotated[
    Literal["run", "demo", "three"],
    typer.Option(help="the platform of `make run`, of `make demo`, or of `make run MEMBERS=3`"),
]
ROSTER = "services.registration.roster"
POLL_SECONDS = 1.0
MAX_REPLICAS = 9


def _say(line: str) -> None:
    console.print(f"  {line}", markup=False)


def _platform(profile: str, replicas: int = 1) -> Platform:
    return lasting(profile, _say, replicas)


def _fail(message: str) -> typer.Exit:
    console.print(message, style="red", markup=False)
    return typer.Exit(1)


@app.command()
def run(
    profile: Profile = "run",
    replicas: Annotated[
        int, typer.Option(min=1, max=MAX_REPLICAS, help="how many processes of each service")
    ] = 1,
) -> None:
    """Start the platform and stay until Ctrl-C; its data is kept."""
    platform = _platform(profile, replicas)
    # SIGINT too: a shell that runs this in the background ignores it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        console.print("Starting the platform ...")
        spent = platform.up()
    except PlatformError as reason:
        raise _fail(str(reason)) from None
    except KeyboardInterrupt:
        raise _fail("Stopped before it was up; nothing is running.") from None
    try:
        _load_once(platform)
        console.print(f"\nUp after {spent:.1f} s. Ctrl-C ends it, the data stays.\n")
        console.print(addresses(platform))
        console.print(who_can_sign_in())
        while platform.running():
            time.sleep(POLL_SECONDS)
    except PlatformError as reason:
        _end(platform)
        raise _fail(str(reason)) from None
    except KeyboardInterrupt:
        _end(platform)
    console.print("The platform has ended.")


def _end(platform: Platform) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # A second Ctrl-C would leave processes running.
    console.print("\nEnding the platform ...")
    platform.down()


def _load_once(platform: Platform) -> None:
    """The divisions and the demonstration's roster, at the first start only."""
    done = platform.home / "data" / "loaded"
    if not done.exists():
        console.print("Loading the divisions and the demonstration station ...")
        file = platform.home / "roster.json"
        file.write_text(demonstration(), "utf-8")
        for line in platform.run_module(ROSTER, "registration", str(file)).splitlines():
            _say(line)
        done.touch()


@app.command()
def stop(
    profile: Profile = "run",
    everything: Annotated[
        bool, typer.Option("--all", help="every platform of this checkout, those of tests too")
    ] = False,
) -> None:
    """Stop the platform, even one whose terminal is closed or whose supervisor was killed."""
    for name in LASTING if everything else [profile]:
        _platform(name).down()
    if everything:
        sweep_tests(everything=True)
    console.print("Nothing is running.")


@app.command()
def status(profile: Profile = "run") -> None:
    """Show each process: its state, process id, port, memory, and for how long it has been up."""
    platform = _platform(profile, MAX_REPLICAS)  # covers any number of replicas
    rows = platform.status()
    if not rows:
        raise _fail("The platform does not run.")
    table = Table("process", "state", "pid", "port", "memory", "up for")
    for row in rows:
        up_for = f"{row.uptime // 3600}:{row.uptime // 60 % 60:02}:{row.uptime % 60:02}"
        table.add_row(
            row.name, row.state, str(row.pid), str(row.port), f"{row.memory / 1e6:.0f} MB", up_for
        )
    console.print(table)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="one process, or all")] = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="keep printing new lines")] = False,
    profile: Profile = "run",
) -> None:
    """Show the end of the logs."""
    folder = STATE / profile / "logs"
    files = sorted(folder.glob(f"{name or '*'}.log"))
    if not files:
        known = ", ".join(sorted(f.stem for f in folder.glob("*.log"))) or "none yet"
        raise _fail(f"No log of {name or 'anything'}; there are: {known}")
    os.execvp("tail", ["tail", "-n", "40", *(["-F"] if follow else []), *map(str, files)])  # noqa: S606


@app.command()
def clean() -> None:
    """Remove the data, logs and secrets of every platform here; the fetched servers stay."""
    for name in LASTING:
        if _platform(name).running():
            raise _fail(f"The platform ({name}) is running; `make stop PROFILE={name}` first.")
    homes: list[Path] = [*(STATE / name for name in LASTING), TESTS]
    for home in homes:
        shutil.rmtree(home, ignore_errors=True)
        home.with_suffix(".lock").unlink(missing_ok=True)
    console.print("The data is removed.")


@app.command()
def fetch() -> None:
    """Fetch the servers that are not Python packages; resumes an interrupted download."""
    try:
        fetch_servers(CACHE)
    except FetchError as reason:
        raise _fail(str(reason)) from None
    console.print(f"The servers are here: {CACHE}", markup=False)


@app.command()
def doctor() -> None:
    """Show what this machine lacks to run the platform."""
    problems = examine(STATE)
    if problems:
        raise _fail("\n".join(map(str, problems)))
    console.print("Nothing is missing.")


if __name__ == "__main__":
    app()
