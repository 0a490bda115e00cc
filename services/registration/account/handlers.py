"""Reads and changes one's own account."""

from collections.abc import Sequence
from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import NotFound
from chassis.identity.guards import Principal
from jinan.local_time import local_date
from services.registration.account import domain
from services.registration.account.domain import Account
from services.registration.account.personal import PersonalData
from services.registration.account.store import AccessLog, AccessLogEntry, Accounts

MAX_COPIED = 1000
"""Entries of the access log in a copy; all of them are in the access log's own pages."""


class AccountHandlers:
    def __init__(
        self, accounts: Accounts, access_log: AccessLog, personal: PersonalData, clock: Clock
    ) -> None:
        self._accounts, self._access_log = accounts, access_log
        self._personal, self._clock = personal, clock

    async def own(self, who: Principal) -> Account:
        """Raises NotFound, also with a token from before they were erased."""
        account = await self._accounts.require(who.subject)
        if account.erased_at is not None:
            raise NotFound(who.subject)
        return account

    async def update(
        self, who: Principal, name: str | None, birth_year: int | None, cause: Cause
    ) -> Account:
        domain.require_birth_year(birth_year, local_date(self._clock.now()))
        encrypted = None if name is None else self._personal.encrypt(name, "name", who.subject)
        return await self._accounts.change(
            who.subject,
            lambda account: (domain.update(account, encrypted, birth_year), []),
            cause,
        )

    async def copy(self, who: Principal) -> tuple[Account, Sequence[AccessLogEntry]]:
        """All that registration knows of them, with the latest of who read it. The copy is noted
        there, too: a stolen session leaves a trace."""
        account = await self.own(who)
        log = await self._access_log.of(who.subject, None, MAX_COPIED)
        taken = AccessLogEntry(
            person=who.subject,
            by=who.subject,
            by_role="resident",
            at=self._clock.now(),
            fields=("copy",),
        )
        await self._access_log.write([taken])
        return account, log

    async def access_log(
        self, who: Principal, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[AccessLogEntry]:
        """Up to `limit` + 1 entries about oneself, the latest first."""
        return await self._access_log.of(who.subject, after, limit + 1)
