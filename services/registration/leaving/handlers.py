"""What volunteers end by themselves. The rest follows by the events: duty ends, a squad that they
led has no leader."""

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.identity.guards import Principal
from services.registration.account.domain import Account
from services.registration.account.store import Accounts
from services.registration.volunteer import domain


class LeavingHandlers:
    """Each raises Refusal where one's standing does not allow it."""

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._accounts, self._clock = accounts, clock

    async def withdraw(self, who: Principal, cause: Cause) -> Account:
        now = self._clock.now()
        return await self._accounts.change(who.subject, lambda a: domain.withdraw(a, now), cause)

    async def leave(self, who: Principal, cause: Cause) -> Account:
        now = self._clock.now()
        return await self._accounts.change(who.subject, lambda a: domain.leave(a, now), cause)

    async def leave_squad(self, who: Principal, cause: Cause) -> Account:
        now = self._clock.now()
        return await self._accounts.change(who.subject, lambda a: domain.leave_squad(a, now), cause)
