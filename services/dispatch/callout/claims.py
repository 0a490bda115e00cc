"""Claims on people: they are called by the same write that claims them for a call-out.

A file of its own because it repeats a handler's write until nobody is claimed twice.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime

from chassis.domain import Refusal
from chassis.errors import DuplicateKey, Unavailable
from services.dispatch.availability.handlers import AvailabilityHandlers
from services.dispatch.callout.domain import filling
from services.dispatch.callout.domain.state import COMING, Callout
from services.dispatch.callout.store import Callouts
from services.dispatch.policy import DispatchPolicy
from services.dispatch.responder.domain import Responder
from services.dispatch.selection.domain.situation import Found
from services.dispatch.selection.handlers import CandidateSearch

_MAX_TURNS = 12
_BUSY = "others called the same people first, time after time"


class Claims:
    """The unique index of `held` decides. Each turn excludes somebody who is claimed by another
    call-out, or finds that they are free again."""

    def __init__(
        self, callouts: Callouts, availability: AvailabilityHandlers, search: CandidateSearch
    ) -> None:
        self._callouts, self._availability, self._search = callouts, availability, search

    async def call_found(
        self,
        callout: Callout,
        policy: DispatchPolicy,
        now: datetime,
        save: Callable[[Found], Awaitable[Callout]],
    ) -> Callout:
        """Search, and save with what was found. Raises Unavailable after too many turns."""
        need, taken = filling.need(callout), frozenset[str]()
        for _ in range(_MAX_TURNS):
            found = await self._search.search(need, policy, now, taken)
            with self._search.propose(found):
                try:
                    return await save(found)
                except DuplicateKey as refused:
                    chosen = found.selection.chosen
                    taken |= await self._claimed(refused, callout.id, chosen)
        raise Unavailable(_BUSY)

    async def call_named(
        self,
        callout: str,
        volunteers: Sequence[str],
        save: Callable[[Sequence[str]], Awaitable[Callout]],
    ) -> tuple[Callout, Sequence[str]]:
        """Save with those of these people who are free; returns them, too.

        Raises Refusal not_free where nobody is, unless nobody was asked for; Unavailable after too
        many turns.
        """
        taken = await self._held_by_others(callout, volunteers)
        for _ in range(_MAX_TURNS):
            free = [volunteer for volunteer in volunteers if volunteer not in taken]
            if volunteers and not free:
                raise Refusal("not_free")
            try:
                return await save(free), free
            except DuplicateKey as refused:
                taken |= await self._claimed(refused, callout, free)
        raise Unavailable(_BUSY)

    async def off_duty(self, callout: Callout, called: Collection[str]) -> list[Responder]:
        """Those of the called who went off duty before they were called."""
        calls = [c for c in callout.in_state("called") if c.volunteer in called]
        if not calls:
            return []
        volunteers = [call.volunteer for call in calls]
        at, until = calls[0].called_at, calls[0].expires_at
        return await self._availability.call(callout.id, volunteers, at, until)

    async def follow(self, before: Callout, after: Callout) -> None:
        """Tell searches who left the call-out and who accepted. Who left after accepting rests, and
        searches learn that from the event: until then they are not free."""
        left = set(before.held).difference(after.held)
        rest = left & _coming(before)
        coming = _coming(after) - _coming(before)
        if left or coming:
            await self._availability.follow(after.id, left - rest, coming | rest)

    async def _claimed(
        self, refused: DuplicateKey, callout: str, chosen: Collection[str]
    ) -> frozenset[str]:
        """Those of the chosen whom another call-out holds."""
        if "held" not in refused.key:
            raise refused
        return await self._held_by_others(callout, chosen)

    async def _held_by_others(self, callout: str, volunteers: Collection[str]) -> frozenset[str]:
        """Searches know it from now on."""
        engagements = await self._callouts.engagements(volunteers)
        others = {v: one for v, one in engagements.items() if one.callout != callout}
        await self._availability.note(others)
        return frozenset(others)


def _coming(callout: Callout) -> set[str]:
    return {candidate.volunteer for candidate in callout.in_state(*COMING)}
