"""Staff of a neighbourhood committee: they resolve the reports assigned to them."""

from simulation.actors import behaviour
from simulation.api import Person
from simulation.context import Context
from simulation.tracker import Track


class Committee:
    """`area` is the code of their community."""

    def __init__(self, context: Context, area: str, person: Person) -> None:
        self._context, self.area, self.person = context, area, person

    async def resolve(self, track: Track) -> None:
        context, n = self._context, track.entry.n
        await context.pause(behaviour.committee_minutes(context.seed, n, track.judged + 1) * 60)
        outcome = behaviour.outcome(context.seed, n, track.judged + 1)
        await self.person.post(
            f"reports/{track.id}/resolve", {"outcome": outcome, "note": "居委会已到现场处理"}
        )
        await context.refresh(track, self.person)
