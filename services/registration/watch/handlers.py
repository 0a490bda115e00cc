"""Takes watches, hands them on and lets them lapse."""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from chassis.identity.guards import Principal, require
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from chassis.tasks.sweep import RETRY_S, Sweep
from contracts.events.registration import GrantsChanged
from services.registration.account.store import Accounts
from services.registration.policy import POLICIES
from services.registration.watch import domain
from services.registration.watch.domain import Watch
from services.registration.watch.store import Watches


class WatchHandlers:
    def __init__(self, watches: Watches, accounts: Accounts, clock: Clock) -> None:
        self._watches, self._accounts, self._clock = watches, accounts, clock
        self.schedule = Schedule(clock)
        """When the next watch lapses."""
        self._sweep = Sweep[str]("watches that lapse")

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
        account = await self._accounts.get(who.subject)
        taken = await self._watches.change(
            free.id, lambda w: domain.take(w, account, POLICIES.at(now), now), cause, free
        )
        return await self._still_allowed(taken, who.subject, cause)

    async def offer(self, who: Principal, id: str, to: str, cause: Cause) -> Watch:
        free, now = _free(who, id), self._clock.now()
        account = await self._accounts.get(to)
        return await self._watches.change(
            id, lambda w: domain.offer(w, who.subject, account, now), cause, free
        )

    async def accept(self, who: Principal, id: str, cause: Cause) -> Watch:
        free, now = _free(who, id), self._clock.now()
        account = await self._accounts.get(who.subject)
        accepted = await self._watches.change(
            id, lambda w: domain.accept(w, account, POLICIES.at(now), now), cause, free
        )
        return await self._still_allowed(accepted, who.subject, cause)

    async def release(self, who: Principal, id: str, cause: Cause) -> Watch:
        free, now = _free(who, id), self._clock.now()
        return await self._watches.change(
            id, lambda w: domain.release(w, who.subject, now), cause, free
        )

    async def on_grants(self, event: GrantsChanged, message: Message) -> None:
        """Goes by the stored grants, so that an older event does no harm."""
        for id in await self._watches.concerning(event.account):
            await self._follow(id, event.account, message.cause)

    async def lapse_due(self) -> datetime | None:
        """Gives when the next one lapses. Safe on several replicas at once: who comes second finds
        it lapsed."""
        now = self._clock.now()

        async def lapse(id: str) -> None:
            cause = Cause(f"due:{id}:{now.isoformat()}")
            await self._watches.change(id, lambda watch: domain.lapse(watch, now), cause)

        if await self._sweep.over(self._watches.ended(now), lapse):
            return await self._watches.next_end(now)
        return now + self._clock.span(RETRY_S)

    async def _still_allowed(self, watch: Watch, who: str, cause: Cause) -> Watch:
        """Of a grant that was lost meanwhile the event may have come before the watch was
        stored."""
        self.schedule.note(watch.until)
        return await self._follow(watch.id, who, Cause(f"{cause.id}:still"))

    async def _follow(self, id: str, who: str, cause: Cause) -> Watch:
        account, now = await self._accounts.get(who), self._clock.now()
        watch = await self._watches.change(
            id, lambda w: domain.follow_grants(w, who, account, now), cause
        )
        self.schedule.note(watch.until)
        return watch


def _free(who: Principal, id: str) -> Watch:
    """The watch as it is before anybody takes it: the id names the area."""
    watch = domain.watch_of(id.removeprefix("wat_"))
    if watch is None or watch.id != id:
        raise NotFound(id)
    require(who.may("watch.hold", watch.area))
    return watch
