"""Ends what nobody decides about: reminds the station's watch, then the district's, then lapses."""

from datetime import timedelta

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.tasks.sweep import Sweep
from contracts.texts import text
from services.registration.account.personal import PersonalData
from services.registration.account.store import Accounts
from services.registration.application import domain
from services.registration.application.store import Waiting
from services.registration.policy import POLICIES
from services.registration.watch.store import Watches

_LAPSED = "message.application_lapsed_reason"


class ApplicationHandlers:
    def __init__(
        self, accounts: Accounts, watches: Watches, personal: PersonalData, clock: Clock
    ) -> None:
        self._accounts, self._watches = accounts, watches
        self._personal, self._clock = personal, clock
        self._waiting = Waiting(accounts)
        self._sweep = Sweep[str]("what nobody decided")

    async def end_due(self) -> None:
        """Everything that has waited for too long. Safe on several replicas at once."""
        now = self._clock.now()
        policy = POLICIES.at(now)
        await self._sweep.over(
            self._waiting.since(
                now - timedelta(days=policy.application_working_days),
                now - timedelta(days=policy.proposal_days),
                now - timedelta(days=policy.number_claim_days),
            ),
            self._end,
        )

    async def _end(self, id: str) -> None:
        now, account = self._clock.now(), await self._accounts.require(id)
        policy = POLICIES.at(now)
        if not domain.is_due(account, policy, now):
            return
        level = account.volunteer and domain.overdue_level(account.volunteer, policy, now)
        watch = await self._watches.get(f"wat_{level}") if level else None
        holder = watch.at(now).by if watch and watch.at(now).state in ("held", "offered") else None
        on_watch = {level: holder} if level and holder else {}
        words = text(_LAPSED)
        reason = self._personal.encrypt(f"{words.zh} {words.en}", "reason", id)
        cause = Cause(f"due:{id}:{account.version}")
        await self._accounts.change(
            id, lambda a: domain.on_due(a, on_watch, reason, policy, now), cause
        )
