"""Credit evidence to the days that it touches."""

from chassis.clock import Clock
from chassis.domain import Cause
from services.dispatch.policy import policy_at
from services.dispatch.service_record.domain import Evidence, ServiceRecord, credit, days_of
from services.dispatch.service_record.store import ServiceRecords, blank

MOST_DAYS = 400


class ServiceRecordHandlers:
    def __init__(self, records: ServiceRecords, clock: Clock) -> None:
        self._records, self._clock = records, clock

    async def credit(self, volunteer: str, evidence: Evidence, cause: Cause) -> None:
        policy = policy_at(self._clock.now())
        for day in days_of(evidence):
            record = blank(volunteer, day)
            await self._records.change(
                record.id, lambda r: credit(r, evidence, policy), cause, create=record
            )

    async def of(self, volunteer: str, first: str, last: str) -> list[ServiceRecord]:
        return await self._records.of(volunteer, first, last, MOST_DAYS)
