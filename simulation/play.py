"""`make demo`: plays a day at the demonstration station on a running platform, and says what came
of it.

Exit code 0: every report reached the end that the day's file names. 1: not all did, or the platform
failed. 2: the file or a variable is wrong; nothing was started.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Generator

from rich.console import Console

from chassis.clock import Clock
from deploy.local.platform import PlatformError
from simulation import cast, day, summary
from simulation.api import Api, Away, Json, Person, Refused
from simulation.board import Board
from simulation.city import City
from simulation.day import STREET, Day, DayError
from simulation.people import demonstration
from simulation.settings import PlaySettings, settings
from simulation.stage import Stage, clock_spec, stage_for
from simulation.summary import Account
from simulation.table import Spectator
from simulation.world import World

SETTLING_S = 15.0
"""Wall clock for the last hours to be credited once the last report is closed."""


def main() -> int:
    console = Console(highlight=False)
    try:
        asked = settings()
    except ValueError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2
    try:
        today = day.read(asked.day)
    except DayError as error:
        console.print(f"{asked.day}: {error}", markup=False, soft_wrap=True)
        return 2
    stage = stage_for(asked.target)
    with _terminated_like_interrupted():
        try:
            return _on_stage(console, asked, today, stage)
        except KeyboardInterrupt:
            console.print("interrupted 已中断")
            return 130
        except (PlatformError, Refused, Away) as error:
            console.print(str(error), markup=False, soft_wrap=True)
            return 1


def _on_stage(console: Console, asked: PlaySettings, today: Day, stage: Stage) -> int:
    """Up, the day, down again; the platform is left running only if that was asked for."""
    stage.prepare()
    spec = clock_spec(today.first, asked.speed, time.time() + stage.preparing)
    kept = False
    stage.up(spec)
    try:
        code = asyncio.run(_play(console, asked, today, stage, Clock(spec)))
        kept = asked.keep
        return code
    finally:
        if kept:
            console.print(f"still running 仍在运行: {stage.gateway_url}/docs  {stage.traces.url}")
            console.print(f"to stop it 停止: {stage.how_to_stop()}")
        else:
            console.print("stopping; with KEEP=1 it stays, to look around 正在停止；KEEP=1 则保留")
            stage.down()


async def _play(
    console: Console, asked: PlaySettings, today: Day, stage: Stage, clock: Clock
) -> int:
    plan, board, spectator = demonstration(), Board(today), Spectator(console)
    world = World(clock, asked.seed, board, spectator.say)
    api = Api(stage.gateway_url, stage.dev_key)
    try:
        signed_in = await cast.sign_in(api, cast.needed(plan, asked.seed, today))
        city = cast.city(world, plan, today, signed_in)
        console.print(
            f"{len(signed_in)} people signed in, {len(board.tracks)} reports, ×{asked.speed:g}",
            markup=False,
        )
        before = await _figures(city.desk().person)
        city.open()
        with spectator.watching(world):
            await city.play(asked.limit_s(today), spectator.tell_moves)
        account = await _account(city, before, stage)
    finally:
        await world.stop()
        await api.close()
    return _verdict(console, board, account)


async def _figures(officer: Person) -> Json:
    return await officer.get("figures", area=STREET)


async def _account(city: City, before: Json, stage: Stage) -> Account:
    """What the platform says, once what still had to be credited is."""
    board, officer = city.world.board, city.desk().person
    came, credited = {who for track in board for who in track.came}, dict[str, int]()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLING_S):
            while len(credited) < len(came):
                credited = await _minutes(city)
                await asyncio.sleep(0.5)
    track = next(
        (t for t in board if t.called and t.trace), next((t for t in board if t.trace), None)
    )
    trace = track.trace if track else ""
    return Account(
        before,
        await _figures(officer),
        credited,
        stage.traces.page(trace) if trace else "",
        frozenset(await stage.traces.services(trace)) if trace else frozenset(),
        sum(t.escalated and not t.ended for t in board),
    )


async def _minutes(city: City) -> dict[str, int]:
    found: dict[str, int] = {}
    for volunteer in city.volunteers:
        if volunteer.came:
            records = await volunteer.person.get("service-records", mine=True)
            found[volunteer.key] = sum(int(record["minutes"]) for record in records["items"])
    return {who: minutes for who, minutes in found.items() if minutes}


def _verdict(console: Console, board: Board, account: Account) -> int:
    summary.show(console, board, account)
    wrong = summary.failing(board)
    for line in wrong:
        console.print(f"not as it should be 未达: {line}", markup=False, soft_wrap=True)
    if not wrong:
        console.print("every report reached its end 全部办结")
    return 1 if wrong or summary.disagreements(board, account) else 0


@contextlib.contextmanager
def _terminated_like_interrupted() -> Generator[None]:
    """SIGTERM ends the day as cleanly as Ctrl-C does."""

    def interrupt(_: int, __: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
