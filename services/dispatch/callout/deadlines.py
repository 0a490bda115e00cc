"""The timed steps of call-outs: calls lapse, the next wave goes out, leaders and station are
alerted, who gives no sign is chased, and what is open for too long ends.

A file of its own because it runs by the clock, while the handlers react.
"""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.tasks.sweep import Sweep
from chassis.telemetry import tracing
from services.dispatch.callout.domain import filling, overdue
from services.dispatch.callout.domain.next_step import Step, next_step, with_due
from services.dispatch.callout.domain.state import COMING, Callout
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts
from services.dispatch.policy import POLICIES
from services.dispatch.replicas.store import Squads

_RETRY_S = 0.5
_MAX_CONCURRENT, _MAX_STEPS = 16, 8


class Deadlines:
    """Safe on several replicas: each step is a change of the version that it was decided on."""

    def __init__(
        self, callouts: Callouts, handlers: CalloutHandlers, squads: Squads, clock: Clock
    ) -> None:
        self._callouts, self._handlers, self._squads, self._clock = (
            callouts,
            handlers,
            squads,
            clock,
        )
        self._sweep = Sweep[str]("due call-outs", _MAX_CONCURRENT)

    async def run_due(self) -> datetime | None:
        """Take all steps that are due; returns when the next one is. A step that fails is logged,
        delays no other, and is taken again."""
        done = await self._sweep.over(self._callouts.due(self._clock.now()), self._advance)
        following = await self._callouts.next_due()
        if following is None or done:
            return following
        return max(following, self._clock.now() + self._clock.span(_RETRY_S))

    async def _advance(self, id: str) -> None:
        for _ in range(_MAX_STEPS):
            callout, now = await self._handlers.get(id), self._clock.now()
            step = next_step(callout, POLICIES.at(now), now)
            if step == "nothing":
                await self._put_off(callout)
                break
            with tracing.span(f"callout {step}", callout.trace):
                await self._take(step, callout)

    async def _take(self, step: Step, callout: Callout) -> None:
        if step == "lapse":
            await self._lapse(callout)
        elif step == "wave":
            await self._handlers.call_next_wave(callout)
        elif step == "chase":
            await self._chase(callout)
        elif step == "expire":
            await self._expire(callout)
        else:
            await self._escalate(callout, to_station=step == "station")

    async def adopt(self) -> None:
        """Call-outs that were stored before all of them had limits are looked at now, and positions
        that were kept with them are made coarse."""
        await self._callouts.adopt(self._clock.now())
        await self._callouts.coarsen_searches()

    async def _put_off(self, callout: Callout) -> None:
        """What is not due after all, under a newer policy than `due_at` was decided by, or was
        never decided on, is due when this policy says; else it would be looked at without end."""
        now = self._clock.now()
        if callout.ended or callout.due_at is None or callout.due_at > now:
            return
        await self._handlers.change(
            callout.id,
            lambda c: None if c.ended else (with_due(c, POLICIES.at(now), now), ()),
            Cause(f"put off:{callout.version}"),
        )

    async def _lapse(self, callout: Callout) -> None:
        now = self._clock.now()
        await self._handlers.change(
            callout.id,
            lambda c: filling.lapse(c, POLICIES.at(now), now),
            Cause(f"lapse:{callout.version}"),
        )

    async def _escalate(self, callout: Callout, *, to_station: bool) -> None:
        now = self._clock.now()
        leaders = await self._squads.leaders(callout.squads)
        await self._handlers.change(
            callout.id,
            lambda c: filling.escalate(c, leaders, POLICIES.at(now), now, to_station=to_station),
            Cause(f"escalate:{callout.version}"),
        )

    async def _chase(self, callout: Callout) -> None:
        now = self._clock.now()
        squads = {c.squad for c in callout.in_state(*COMING) if c.squad is not None}
        leaders = await self._squads.leader_of_each(squads)
        await self._handlers.change(
            callout.id,
            lambda c: overdue.chase(c, leaders, POLICIES.at(now), now),
            Cause(f"chase:{callout.version}"),
        )

    async def _expire(self, callout: Callout) -> None:
        now = self._clock.now()
        await self._handlers.change(
            callout.id,
            lambda c: overdue.expire(c, POLICIES.at(now), now),
            Cause(f"expire:{callout.version}"),
        )
