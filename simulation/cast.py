"""Who acts on a day: chosen from the demonstration's behaviour by the seed, and signed in through
the gateway."""

import asyncio
from collections.abc import Iterable

from simulation import behaviour
from simulation.api import Api, Person
from simulation.behaviour import Place, Watch
from simulation.city import City
from simulation.committee import Committee
from simulation.day import Day, Entry
from simulation.officer import Officer
from simulation.people import Demonstration
from simulation.people import Person as Plan
from simulation.reporter import Reporter
from simulation.volunteer import Volunteer
from simulation.world import World

AT_ONCE = 8
"""Sign-ins under way at the same time."""
WATCHES: tuple[Watch, ...] = ("day", "evening")


def on_duty(plan: Demonstration, watches: Iterable[Watch]) -> list[Plan]:
    """Volunteers who serve in one of these watches."""
    wanted = set(watches)
    return [person for person in plan.volunteers if wanted & set(person.on_duty)]


def reporter_of(plan: Demonstration, seed: int, entry: Entry) -> Plan:
    """Who files this report: a resident, a volunteer who is on duty then, or the community's own
    staff."""
    if entry.reporter == "committee":
        own = [person for person in plan.committee if person.area == entry.community]
        choice = own or list(plan.committee)
    elif entry.reporter == "volunteer":
        choice = on_duty(plan, [behaviour.watch_at(entry.at)])
    else:
        choice = list(plan.residents)
    return choice[int(behaviour.draw(seed, "reporter", entry.n) * len(choice))]


def needed(plan: Demonstration, seed: int, day: Day) -> list[Plan]:
    """Everybody who acts on this day, each once."""
    officers, reporters = (
        plan.officers[: len(WATCHES)],
        [reporter_of(plan, seed, entry) for entry in day.entries],
    )
    everybody = [*officers, *plan.committee, *on_duty(plan, WATCHES), *reporters]
    return list({person.phone: person for person in everybody}.values())


async def sign_in(api: Api, plans: Iterable[Plan]) -> dict[str, Person]:
    """Phone -> the person, signed in. Raises Refused or Away for the first who cannot."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(plan: Plan) -> Person:
        async with gate:
            return await api.sign_in(plan.phone)

    found = await asyncio.gather(*(one(plan) for plan in plans))
    return {person.phone: person for person in found}


def city(world: World, plan: Demonstration, day: Day, signed_in: dict[str, Person]) -> City:
    """The day's behaviour in their parts."""
    volunteers = [
        Volunteer(world, p.key, Place(p.longitude, p.latitude), p.on_duty, signed_in[p.phone])
        for p in on_duty(plan, WATCHES)
    ]
    officers = [
        Officer(world, plan.station.id, watch, signed_in[p.phone])
        for watch, p in zip(WATCHES, plan.officers, strict=False)
    ]
    committees = [Committee(world, p.area, signed_in[p.phone]) for p in plan.committee]
    reporters = {
        entry.n: Reporter(world, signed_in[reporter_of(plan, world.seed, entry).phone])
        for entry in day.entries
    }
    return City(world, volunteers, officers, committees, reporters)
