"""Erases what incidents keeps of a person: at once, or when it is not needed any more."""

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.subscriptions import Message
from chassis.personal.keys import PersonKeys
from chassis.tasks.sweep import Sweep
from contracts.events.registration import PersonErased
from services.incidents.erasure import domain
from services.incidents.erasure.store import KeptReports
from services.incidents.logbook.store import LogEntries
from services.incidents.photo.store import Photos
from services.incidents.report.domain.report import Report
from services.incidents.report.store import Reports
from services.incidents.routing.store import Examples

_BATCH = 100


class ErasureHandlers:
    def __init__(
        self,
        reports: Reports,
        kept: KeptReports,
        entries: LogEntries,
        photos: Photos,
        examples: Examples,
        keys: PersonKeys,
        clock: Clock,
    ) -> None:
        self._reports, self._kept, self._entries = reports, kept, entries
        self._photos, self._examples = photos, examples
        self._keys, self._clock = keys, clock
        self._sweep = Sweep[str]("reports of erased people")

    async def on_erased(self, event: PersonErased, _: Message) -> None:
        """Each step may be repeated. A report's key goes last: what comes before it can be read
        again until everything is done."""
        after = ""
        while reports := await self._reports.of_reporter(event.account, after, _BATCH):
            for report in reports:
                await self._erase_in_time(report)
            after = reports[-1].id
        await self._entries.erase_texts(event.account)
        await self._keys.destroy(event.account)

    async def erase_due(self) -> None:
        """Those whose time has come. Safe on several replicas at once."""

        async def erase(id: str) -> None:
            await self._erase_in_time(await self._reports.require(id))

        await self._sweep.over(self._kept.due(self._clock.now()), erase)

    async def _erase_in_time(self, report: Report) -> None:
        now = self._clock.now()
        at = domain.erase_at(report, now)
        if at is None or at > now:
            await self._kept.keep(report.id, at or domain.look_again_at(report, now))
            return
        await self._examples.erase(report.id)
        if report.photo is not None:
            await self._photos.erase(report.photo)
        await self._reports.change(report.id, domain.erase, Cause(f"erase:{report.id}:{now}"))
        await self._keys.destroy(report.id)
        await self._kept.drop(report.id)
