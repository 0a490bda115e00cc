"""Which of the demonstration's people act on a day: selected by the seed, signed in through the
gateway."""

import asyncio
from collections.abc import Iterable

from simulation.actors import behaviour
from simulation.actors.behaviour import Place
from simulation.actors.committee import Committee
from simulation.actors.crew import Crew
from simulation.actors.officer import Officer
from simulation.actors.reporter import Reporter
from simulation.actors.volunteer import Volunteer
from simulation.api import Api, Person
from simulation.context import Context
from simulation.people import Demonstration, Shift
from simulation.people import Person as Plan
from simulation.scenario import Day, Entry

MAX_SIGN_INS = 8
"""Concurrent sign-ins."""
SHIFTS: tuple[Shift, ...] = ("day", "evening")


def on_duty(plan: Demonstration, shifts: Iterable[Shift]) -> list[Plan]:
    """Volunteers who serve in one of these shifts."""
    selected = set(shifts)
    return [person for person in plan.volunteers if selected & set(person.on_duty)]


def reporter_of(plan: Demonstration, seed: int, entry: Entry) -> Plan:
    """Who files this report: a resident, a volunteer on duty at that time, or the community's
    committee."""
    if entry.reporter == "committee":
        own = [person for person in plan.committee if person.area == entry.community]
        choices = own or list(plan.committee)
    elif entry.reporter == "volunteer":
        choices = on_duty(plan, [behaviour.shift_at(entry.at)])
    else:
        choices = list(plan.residents)
    return choices[int(behaviour.draw(seed, "reporter", entry.n) * len(choices))]


def people_needed(plan: Demonstration, seed: int, day: Day) -> list[Plan]:
    """Everybody who acts on this day, without duplicates."""
    officers = plan.officers[: len(SHIFTS)]
    reporters = [reporter_of(plan, seed, entry) for entry in day.entries]
    everybody = [*officers, *plan.committee, *on_duty(plan, SHIFTS), *reporters]
    return list({person.phone: person for person in everybody}.values())


async def sign_in(api: Api, plans: Iterable[Plan]) -> dict[str, Person]:
    """The people signed in, by phone. Raises Refused or Unavailable for the first failure."""
    limit = asyncio.Semaphore(MAX_SIGN_INS)

    async def one(plan: Plan) -> Person:
        async with limit:
            return await api.sign_in(plan.phone)

    found = await asyncio.gather(*(one(plan) for plan in plans))
    return {person.phone: person for person in found}


def crew(context: Context, plan: Demonstration, day: Day, signed_in: dict[str, Person]) -> Crew:
    """Everybody who acts on this day, in their roles."""
    volunteers = [
        Volunteer(context, p.key, Place(p.longitude, p.latitude), p.on_duty, signed_in[p.phone])
        for p in on_duty(plan, SHIFTS)
    ]
    officers = [
        Officer(context, plan.station, shift, signed_in[p.phone])
        for shift, p in zip(SHIFTS, plan.officers, strict=False)
    ]
    committees = [Committee(context, p.area, signed_in[p.phone]) for p in plan.committee]
    reporters = {
        entry.n: Reporter(context, signed_in[reporter_of(plan, context.seed, entry).phone])
        for entry in day.entries
    }
    return Crew(context, volunteers, officers, committees, reporters)
