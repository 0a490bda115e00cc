"""A reporter's phone, for an officer who has to reach them. The access log is written before
anything is returned (docs/decisions/0040)."""

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.identity.guards import Principal, require
from chassis.kafka.subscriptions import Message
from chassis.limits.quota import Quota
from contracts.events.registration import PersonErased
from services.registration.account.domain import Account
from services.registration.account.personal import PersonalData
from services.registration.account.store import AccessLog, AccessLogEntry, Accounts
from services.registration.replicas.reports import Reports


class ReporterContacts:
    """`reads`: how often one officer may ask."""

    def __init__(
        self,
        accounts: Accounts,
        reports: Reports,
        access_log: AccessLog,
        reads: Quota,
        personal: PersonalData,
        clock: Clock,
    ) -> None:
        self._accounts, self._reports, self._access_log = accounts, reports, access_log
        self._reads, self._personal, self._clock = reads, personal, clock

    async def read(self, who: Principal, report: str, reason: str) -> Account:
        """Raises NotFound where the report is anonymous or has ended, and Refusal for one of
        another area."""
        found = await self._reports.get(report)
        if found is None:
            raise NotFound(report)
        require(who.may("report.manage", found.area, "officer"))
        await self._reads.take(who.subject)
        account = await self._accounts.require(found.reporter)
        if account.erased_at is not None:
            raise NotFound(report)
        entry = AccessLogEntry(
            person=account.id,
            by=who.subject,
            by_role="officer",
            at=self._clock.now(),
            fields=("name", "phone"),
            report=report,
            reason=self._personal.encrypt(reason, "reason", account.id),
        )
        await self._access_log.write([entry])
        return account

    async def on_erased(self, event: PersonErased, _: Message) -> None:
        await self._reports.erase(event.account)
