"""Staff of a neighbourhood committee: they see to what is given to them, and say that it is
done."""

from simulation import behaviour
from simulation.api import Person
from simulation.board import Track
from simulation.world import World


class Committee:
    """`area`: the community that they work for."""

    def __init__(self, world: World, area: str, person: Person) -> None:
        self._world, self.area, self.person = world, area, person

    async def see_to(self, track: Track) -> None:
        world, n = self._world, track.entry.n
        await world.pause(behaviour.committee_minutes(world.seed, n, track.judged + 1) * 60)
        outcome = behaviour.outcome(world.seed, n, track.judged + 1)
        await self.person.post(
            f"reports/{track.id}/resolve", {"outcome": outcome, "note": "居委会已到现场处理"}
        )
        world.board.update(await self.person.get(f"reports/{track.id}"), world.now())
