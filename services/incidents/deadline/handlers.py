"""Takes the steps of reports that are due, and asks whoever holds a watch now."""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause, Decision
from chassis.errors import is_transient
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from chassis.tasks.sweep import RETRY_S, Sweep
from contracts.events.registration import WatchAccepted, WatchLapsed, WatchTaken
from jinan.areas import containing
from services.incidents.deadline.domain import on_due, on_watch
from services.incidents.replicas.watches import Watches
from services.incidents.report.domain.report import Report
from services.incidents.report.store import Reports


class DeadlineHandlers:
    def __init__(self, reports: Reports, watches: Watches, clock: Clock, due: Schedule) -> None:
        """`due`: when the next report is due, for `settle_due`."""
        self._reports, self._watches, self._clock, self._due = reports, watches, clock, due
        self._sweep = Sweep[tuple[str, str]]("due reports")

    async def settle_due(self) -> datetime | None:
        """Take every step that is due. Safe on several replicas at once. Returns when the next
        report is due."""
        now = self._clock.now()
        next_due = await self._reports.next_due()
        if next_due is None or next_due > now:
            return next_due
        settled = await self._sweep.over(
            self._reports.due(now), lambda due: self._settle(*due, now)
        )
        next_due = await self._reports.next_due()
        if next_due is None or settled:
            return next_due
        return max(next_due, now + self._clock.span(RETRY_S))

    async def _settle(self, id: str, area: str, now: datetime) -> bool:
        """Whether it is not due any more."""
        cause, nothing = Cause(f"due:{id}:{now.isoformat()}"), False
        holders = await self._watches.holders(containing(area), now)

        def decide(report: Report) -> Decision[Report] | None:
            nonlocal nothing
            decision = on_due(report, holders, now)
            nothing = decision is None
            return decision

        changed = await self._reports.change(id, decide, cause)
        if nothing:
            await self._reports.correct_due(changed, now)
        self._due.note(changed.due_at)
        return changed.due_at is None or changed.due_at > now

    async def on_watch(
        self, event: WatchTaken | WatchAccepted | WatchLapsed, message: Message
    ) -> None:
        """The replica has it already, or what came after it: that decides."""
        await self._ask_anew(event.area, message)

    async def _ask_anew(self, area: str, message: Message) -> None:
        """What nobody in the area has acknowledged goes to whoever holds its watch now, once. A
        report that fails is passed over: its own next step asks. The event comes again for what
        failed because the store was unavailable."""
        away: list[Exception] = []

        async def ask(found: tuple[str, str]) -> None:
            try:
                await self._ask_of(*found, area, message)
            except Exception as error:
                away.extend([error] if is_transient(error) else [])
                raise

        sweep = Sweep[tuple[str, str]]("reports asked anew")
        await sweep.over(self._reports.unacknowledged(area), ask)
        if away:
            raise away[0]

    async def _ask_of(self, id: str, of: str, area: str, message: Message) -> None:
        now = self._clock.now()
        holders = await self._watches.holders(containing(of), now)
        cause = Cause(f"{message.cause.id}:{id}")
        changed = await self._reports.change(id, lambda r: on_watch(r, area, holders, now), cause)
        self._due.note(changed.due_at)
