"""One signed-in person of each role at the demonstration station. Journeys share the city desk."""

from contracts.vocabulary import Role
from tests.support.client import Person, Refused
from tests.support.demonstration import (
    Demonstration,
    Planned,
    SignIns,
    demonstration,
    volunteers,
)

Staff = dict[str, Person]
"""By role."""


async def signed_in_staff(sign_ins: SignIns) -> Staff:
    chosen = planned(demonstration())
    return {str(role): await sign_ins.person(person.phone) for role, person in chosen.items()}


async def headers_of(staff: Staff, role: str) -> dict[str, str]:
    """Signs in again if the session was ended: fuzzed requests do that too."""
    try:
        return await staff[role].headers()
    except Refused:
        staff[role] = await staff[role].api.sign_in(staff[role].phone)
        return await staff[role].headers()


def planned(plan: Demonstration) -> dict[Role, Planned]:
    """From the ends of the lists: journeys take from their beginnings, and the very last ones."""
    return {
        "volunteer": volunteers(plan)[-2],
        "leader": next(p for p in reversed(plan.volunteers) if p.role == "leader"),
        "officer": plan.officers[-1],
        "committee": plan.committee[-1],
        "city_desk": plan.city_desk[-1],
        "operator": plan.operators[-1],
        "resident": plan.residents[-2],
    }
