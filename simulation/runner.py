"""`make demo`: runs a day at the demonstration station on a real platform and reports the results.

Exit code 0: every report reached the end that the day's file names. 1: some did not, or the
platform failed. 2: the file or a variable is wrong; nothing was started.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Generator

from rich.console import Console

from chassis.clock import Clock
from deploy.local.preflight import PlatformError
from simulation import scenario
from simulation.actors import casting
from simulation.actors.crew import Crew
from simulation.api import Api, Json, Person, Refused, Unavailable
from simulation.context import Context
from simulation.environment import Environment, clock_spec, environment_for
from simulation.people import demonstration
from simulation.report import summary
from simulation.report.display import Display
from simulation.report.summary import DayResult
from simulation.scenario import STREET, Day, DayError
from simulation.settings import RunSettings, settings
from simulation.tracker import Tracker

CREDIT_S = 15.0
"""Wall clock for the last service hours to be credited after the last report is closed."""


def main() -> int:
    console = Console(highlight=False)
    try:
        options = settings()
    except ValueError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2
    try:
        day = scenario.read(options.day)
    except DayError as error:
        console.print(f"{options.day}: {error}", markup=False, soft_wrap=True)
        return 2
    environment = environment_for(options.target)
    with _sigterm_as_interrupt():
        try:
            return _run_in(environment, console, options, day)
        except KeyboardInterrupt:
            console.print("interrupted 已中断")
            return 130
        except (PlatformError, Refused, Unavailable) as error:
            console.print(str(error), markup=False, soft_wrap=True)
            return 1


def _run_in(environment: Environment, console: Console, options: RunSettings, day: Day) -> int:
    """Starts the platform, runs the day and stops the platform, unless it is to be kept."""
    environment.prepare()
    spec = clock_spec(day.first, options.speed, time.time() + environment.startup_s)
    kept = False
    environment.up(spec)
    try:
        code = asyncio.run(_run(environment, console, options, day, Clock(spec)))
        kept = options.keep
        return code
    finally:
        if kept:
            urls = f"{environment.gateway_url}/docs  {environment.traces.url}"
            console.print(f"still running 仍在运行: {urls}")
            console.print(f"to stop it 停止: {environment.stop_command()}")
        else:
            console.print("stopping; KEEP=1 leaves it running 正在停止；KEEP=1 则保留")
            environment.down()


async def _run(
    environment: Environment, console: Console, options: RunSettings, day: Day, clock: Clock
) -> int:
    plan, tracker, display = demonstration(), Tracker(day), Display(console)
    context = Context(clock, options.seed, tracker, display.say)
    api = Api(environment.gateway_url, environment.dev_key)
    try:
        signed_in = await casting.sign_in(api, casting.people_needed(plan, options.seed, day))
        crew = casting.crew(context, plan, day, signed_in)
        console.print(
            f"{len(signed_in)} people signed in, {len(tracker.tracks)} reports, ×{options.speed:g}",
            markup=False,
        )
        before = await _figures(crew.officer_on_watch().person)
        crew.start()
        with display.watching(context):
            await crew.run(options.limit_s(day), display.print_changes)
        result = await _result(crew, before, environment)
    finally:
        await context.stop()
        await api.close()
    return _verdict(console, tracker, result)


async def _figures(officer: Person) -> Json:
    return await officer.get("figures", area=STREET)


async def _result(crew: Crew, before: Json, environment: Environment) -> DayResult:
    """The platform's figures, once outstanding hours are credited or `CREDIT_S` have passed."""
    tracker, officer = crew.context.tracker, crew.officer_on_watch().person
    came, credited = {who for track in tracker for who in track.came}, dict[str, int]()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CREDIT_S):
            while len(credited) < len(came):
                credited = await _credited_minutes(crew)
                await asyncio.sleep(0.5)
    traced = [track for track in tracker if track.trace]
    track = next((t for t in traced if t.called), next(iter(traced), None))
    trace = track.trace if track else ""
    return DayResult(
        figures_before=before,
        figures_after=await _figures(officer),
        minutes=credited,
        trace_page=environment.traces.page(trace) if trace else "",
        trace_services=frozenset(await environment.traces.services(trace) if trace else ()),
        unattended=sum(t.escalated and not t.ended for t in tracker),
    )


async def _credited_minutes(crew: Crew) -> dict[str, int]:
    found: dict[str, int] = {}
    for volunteer in crew.volunteers:
        if volunteer.accepted:
            records = await volunteer.person.get("service-records", mine=True)
            found[volunteer.key] = sum(int(record["minutes"]) for record in records["items"])
    return {who: minutes for who, minutes in found.items() if minutes}


def _verdict(console: Console, tracker: Tracker, result: DayResult) -> int:
    summary.show(console, tracker, result)
    wrong = summary.failing(tracker)
    for line in wrong:
        console.print(f"not as expected 未达: {line}", markup=False, soft_wrap=True)
    if not wrong:
        console.print("every report reached its end 全部办结")
    return 1 if wrong or summary.disagreements(tracker, result) else 0


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Generator[None]:
    """SIGTERM ends the run as cleanly as Ctrl-C does."""

    def interrupt(_: int, __: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
