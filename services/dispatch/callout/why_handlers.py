"""Load what the question "why was I (not) called" is answered from."""

from services.dispatch.callout.state import Callout
from services.dispatch.callout.store import Decisions
from services.dispatch.callout.why import Line, lines


class WhyHandlers:
    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    async def lines(self, callout: Callout) -> list[Line]:
        found = await self._decisions.of([wave.decision for wave in callout.waves])
        return lines(callout, [(d.wave, d.situation, d.choice) for d in found])
