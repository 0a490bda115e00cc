"""What call-outs do by themselves: calls lapse, the next wave goes out, leaders and station are
told."""

import asyncio
from contextlib import suppress

import structlog

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.telemetry import tracing
from services.dispatch.callout import filling
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.state import Callout, Step, wanted
from services.dispatch.callout.store import Callouts
from services.dispatch.callout.waves import Lookout
from services.dispatch.policy import policy_at
from services.dispatch.squad.store import Squads

log = structlog.get_logger()
_LOOK_EVERY = 0.25
_AT_ONCE, _MOST, _STEPS = 16, 200, 8


class Deadlines:
    """Safe on several replicas: each step is a change of the version that it was decided on."""

    def __init__(
        self,
        callouts: Callouts,
        handlers: CalloutHandlers,
        lookout: Lookout,
        squads: Squads,
        clock: Clock,
    ) -> None:
        self._callouts, self._handlers, self._lookout = callouts, handlers, lookout
        self._squads, self._clock = squads, clock
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def look(self) -> None:
        """Wait until something may be due (a quarter of a second at most), then move all that are.
        One that fails is logged, holds up no other, and is due again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await self._handlers.stirred.wait()
        self._handlers.stirred.clear()
        due = await self._callouts.due(self._clock.now(), _MOST)
        for id, outcome in zip(
            due,
            await asyncio.gather(*(self._move(id) for id in due), return_exceptions=True),
            strict=True,
        ):
            if isinstance(outcome, Exception):
                log.warning("call-out waits", callout=id, exc_info=outcome)

    async def _move(self, id: str) -> None:
        async with self._at_once:
            for _ in range(_STEPS):
                callout, now = await self._handlers.required(id), self._clock.now()
                step = wanted(callout, policy_at(now), now)
                if step == "nothing":
                    break
                with tracing.span(f"callout {step}", callout.trace):
                    await self._take(step, callout)

    async def _take(self, step: Step, callout: Callout) -> None:
        if step == "lapse":
            await self._lapse(callout)
        elif step == "wave":
            await self._next_wave(callout)
        else:
            await self._escalate(callout, to_station=step == "station")

    async def _lapse(self, callout: Callout) -> None:
        now = self._clock.now()
        await self._handlers.decide(
            callout.id,
            lambda c: filling.lapse(c, policy_at(now), now),
            Cause(f"lapse:{callout.version}"),
        )

    async def _next_wave(self, callout: Callout) -> None:
        now = self._clock.now()
        policy = policy_at(now)
        plan = await self._lookout.plan(callout, policy, now)
        cause = Cause(f"wave:{callout.version}:{plan.wave.decision}")
        after = await self._handlers.decide(
            callout.id,
            lambda c: filling.call_wave(c, plan.wave, plan.called, policy, now, plan.again_at),
            cause,
        )
        if after.waves and after.waves[-1].decision == plan.wave.decision:
            await self._handlers.after_wave(after)
        else:
            await self._lookout.drop(plan, after)

    async def _escalate(self, callout: Callout, *, to_station: bool) -> None:
        now = self._clock.now()
        leaders = await self._squads.leaders(callout.station)
        await self._handlers.decide(
            callout.id,
            lambda c: filling.escalate(c, leaders, policy_at(now), now, to_station=to_station),
            Cause(f"escalate:{callout.version}"),
        )
