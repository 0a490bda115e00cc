"""Going on duty on a platform that has just been given its people."""

from simulation.api import Json, Person, Refused
from tests.support.waiting import eventually


async def start_duty(volunteer: Person, place: Json) -> None:
    """As soon as dispatch has heard of the volunteer."""

    async def started() -> bool:
        try:
            await volunteer.post("duty/start", {"location": place})
        except Refused as refused:
            if refused.code != "not_a_volunteer":
                raise
            return False
        return True

    await eventually(started)
