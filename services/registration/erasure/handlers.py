"""Asks for erasure, erases who is due, and finishes what an erasure began."""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.identity.guards import Principal
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from chassis.tasks.sweep import RETRY_S, Sweep
from contracts.events.registration import PersonErased
from services.registration.account.domain import Account
from services.registration.account.numbers import NUMBERS
from services.registration.account.personal import PersonalData
from services.registration.account.store import AccessLog, AccessLogEntry, Accounts
from services.registration.erasure import domain
from services.registration.grant.store import GrantLog
from services.registration.policy import POLICIES
from services.registration.sign_in.handlers import CodeHandlers
from services.registration.squad import domain as squads_domain
from services.registration.squad.store import Squads


class ErasureHandlers:
    def __init__(
        self,
        accounts: Accounts,
        access_log: AccessLog,
        grant_log: GrantLog,
        squads: Squads,
        codes: CodeHandlers,
        personal: PersonalData,
        clock: Clock,
    ) -> None:
        self._accounts, self._access_log, self._grant_log = accounts, access_log, grant_log
        self._squads = squads
        self._codes, self._personal, self._clock = codes, personal, clock
        self.schedule = Schedule(clock)
        self._sweep = Sweep[tuple[str, datetime]]("people to erase")

    async def ask(self, who: Principal, guess: str, address: str, cause: Cause) -> Account:
        """Confirmed by a code that was sent to their phone and has opened no session."""
        account = await self._accounts.require(who.subject)
        if account.erasure is None:
            phone_key = self._personal.phone_key(self._personal.phone_of(account))
            code = (await self._codes.check(phone_key, guess, address)).code
            account = await self._ask(who.subject, code, cause)
        return account

    async def ask_for(self, who: Principal, id: str, cause: Cause) -> Account:
        """On the person's paper. Raises NotFound. The person sees in their access log who did."""
        account = await self._ask(id, None, cause)
        entry = AccessLogEntry(
            person=id,
            by=who.subject,
            by_role="city_desk",
            at=self._clock.now(),
            fields=("erasure",),
        )
        await self._access_log.write([entry])
        return account

    async def _ask(self, id: str, code: str | None, cause: Cause) -> Account:
        now = self._clock.now()
        asked = await self._accounts.change(
            id, lambda a: domain.ask(a, code, now, POLICIES.at(now)), cause
        )
        self.schedule.note(asked.erasure and asked.erasure.due_at)
        return asked

    async def erase_due(self) -> datetime | None:
        """Gives when the next one is due. Safe on several replicas at once."""
        now = self._clock.now()

        async def erase(waiting: tuple[str, datetime]) -> None:
            id, due_at = waiting
            cause = Cause(f"erase:{id}:{due_at.isoformat()}")
            await self._accounts.change(id, lambda account: domain.erase(account, now), cause)

        if await self._sweep.over(self._accounts.due_for_erasure(now), erase):
            return await self._accounts.next_erasure(now)
        return now + self._clock.span(RETRY_S)

    async def on_erased(self, event: PersonErased, message: Message) -> None:
        """The rest, which comes again until it is done; their key goes last."""
        id = event.account
        for squad in await self._squads.led_by(id):
            await self._squads.change(
                squad.id, lambda s: squads_domain.without_leader(s, id), message.cause
            )
        await self._access_log.erase(id)
        await self._grant_log.erase(id)
        erased = await self._accounts.get(id)
        kept = (NUMBERS,) if erased is not None and domain.keeps_number(erased) else ()
        await self._accounts.keys.destroy(id, *kept)
