"""Takes watches, hands them on and lets them lapse."""

from datetime import datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound, is_transient
from chassis.identity.guards import Principal, require
from chassis.tasks.schedule import Schedule
from services.registration.account.store import Accounts
from services.registration.policy import POLICIES
from services.registration.watch import domain
from services.registration.watch.domain import Watch
from services.registration.watch.store import Watches

log = structlog.get_logger()
_DUE_BATCH = 200
_DUE_PAUSE = 1.0  # wall-clock seconds between two batches


class WatchHandlers:
    def __init__(self, watches: Watches, accounts: Accounts, clock: Clock) -> None:
        self._watches, self._accounts, self._clock = watches, accounts, clock
        self.schedule = Schedule(clock)
        """When the next watch lapses."""

    async def page(self, who: Principal, area: str | None, after: str, limit: int) -> list[Watch]:
        """Up to `limit` + 1, by id, from beyond `after`. Raises Refusal for another's area."""
        if area is not None:
            require(who.may("watch.hold", area))
        own = [grant.area for grant in who.grants_for("watch.hold")]
        return await self._watches.within([area] if area else own, after, limit + 1)

    async def get(self, who: Principal, id: str) -> Watch:
        """Free where nobody has taken it yet. Raises NotFound, or Refusal for another's area."""
        free = _free(who, id)
        return await self._watches.get(id) or free

    async def take(self, who: Principal, area: str, cause: Cause) -> Watch:
        free, now = domain.watch_of(area), self._clock.now()
        if free is None:
            raise Refusal("watch_area", "body.area")
        require(who.may("watch.hold", area))
        taken = await self._watches.change(
            free.id, lambda w: domain.take(w, who.subject, POLICIES.at(now), now), cause, free
        )
        self.schedule.note(taken.until)
        return taken

    async def offer(self, who: Principal, id: str, to: str, cause: Cause) -> Watch:
        free, now = _free(who, id), self._clock.now()
        account = await self._accounts.get(to)
        return await self._watches.change(
            id, lambda w: domain.offer(w, who.subject, account, now), cause, free
        )

    async def accept(self, who: Principal, id: str, cause: Cause) -> Watch:
        free, now = _free(who, id), self._clock.now()
        accepted = await self._watches.change(
            id, lambda w: domain.accept(w, who.subject, POLICIES.at(now), now), cause, free
        )
        self.schedule.note(accepted.until)
        return accepted

    async def lapse_due(self) -> datetime | None:
        """Gives when the next one lapses, as far as a batch shows it. Safe on several replicas at
        once: who comes second finds it lapsed."""
        now = self._clock.now()
        ends = await self._watches.next_ends(_DUE_BATCH)
        for id, until in ends:
            if until > now:
                return until
            cause = Cause(f"due:{id}:{now.isoformat()}")
            try:
                await self._watches.change(id, lambda watch: domain.lapse(watch, now), cause)
            except Exception as error:  # one watch must not block those behind it
                if is_transient(error):
                    raise
                log.warning("watch has not lapsed", watch=id, error=type(error).__name__)
        more = len(ends) == _DUE_BATCH
        return now + self._clock.span(_DUE_PAUSE) if more else None


def _free(who: Principal, id: str) -> Watch:
    """The watch as it is before anybody takes it: the id names the area."""
    watch = domain.watch_of(id.removeprefix("wat_"))
    if watch is None or watch.id != id:
        raise NotFound(id)
    require(who.may("watch.hold", watch.area))
    return watch
