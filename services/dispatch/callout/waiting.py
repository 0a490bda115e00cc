"""Call-outs whose places are empty learn who became free near them.

A file of its own because it goes from people to call-outs, while the handlers go from a call-out to
people.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.subscriptions import Message
from chassis.tasks.batches import Batcher
from contracts.events.dispatch import (
    CalloutDeclined,
    DutyStarted,
    VolunteerFinished,
    VolunteerWithdrew,
    WaveLapsed,
    WaveStoodDown,
)
from contracts.vocabulary import Urgency, values_of
from jinan.coordinates import Point, distance_m
from services.dispatch.callout.domain import filling
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts, WaitingCallout
from services.dispatch.policy import POLICIES
from services.dispatch.selection.handlers import CandidateSearch

_GATHER = 0.1  # seconds: with many reports most are filled, and one question asks for all of them
_MAX_TOLD = 8  # call-outs for each person: they can answer one
_URGENCIES = values_of(Urgency)
Freeing = (
    DutyStarted
    | CalloutDeclined
    | WaveLapsed
    | WaveStoodDown
    | VolunteerWithdrew
    | VolunteerFinished
)
"""Events after which somebody can be called, or rests and can be called then."""


class WaitingCallouts:
    """Who becomes free together is looked at with one question. None of it is the claim on a
    person: a search finds them, or does not."""

    def __init__(
        self, callouts: Callouts, handlers: CalloutHandlers, search: CandidateSearch, clock: Clock
    ) -> None:
        self._callouts, self._handlers, self._search = callouts, handlers, search
        self._clock = clock
        self._free = Batcher[Collection[str], int](self._look, gather=_GATHER)

    async def on_free(self, event: Freeing, _: Message) -> None:
        """Wired after the handlers that change what searches know of the person."""
        multiple = isinstance(event, WaveLapsed | WaveStoodDown)
        await self.tell(event.volunteers if multiple else (event.volunteer,))

    async def tell(self, volunteers: Collection[str]) -> None:
        """These became free, or were seen for the first time in a while."""
        if volunteers:
            await self._free.submit(volunteers)

    async def _look(self, batch: Sequence[Collection[str]]) -> list[int]:
        """How many call-outs search again, for each of the batch."""
        waiting = await self._callouts.waiting()
        if not waiting:
            return [0] * len(batch)
        free = {volunteer for volunteers in batch for volunteer in volunteers}
        told = await self._tell(waiting, await self._search.places(free))
        return [told] * len(batch)

    async def _tell(self, waiting: Sequence[WaitingCallout], places: Mapping[str, Point]) -> int:
        """The most urgent and longest open first, and no more than these people could help."""
        now, told = self._clock.now(), 0
        reach = POLICIES.at(now).rings_m[-1]
        for one in sorted(waiting, key=lambda w: (_URGENCIES.index(w.urgency), w.opened_at)):
            near = [who for who, at in places.items() if distance_m(one.place, at) <= reach]
            if told >= _MAX_TOLD * len(places):
                break
            told += bool(near) and await self._search_again(one.id, near, now)
        return told

    async def _search_again(self, id: str, near: Collection[str], now: datetime) -> bool:
        changed = await self._handlers.change(
            id,
            lambda c: filling.look_again(c, near, POLICIES.at(now), now),
            Cause(f"free:{id}:{now.isoformat()}"),
        )
        return changed.free_at == now
