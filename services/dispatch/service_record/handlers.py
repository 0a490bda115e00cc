"""Credits evidence to the days that it touches, and lists the records."""

from datetime import datetime, timedelta
from functools import partial

from chassis.errors import NotFound
from chassis.kafka.subscriptions import Message
from contracts.access import Principal
from contracts.events.dispatch import HoursChecked, VolunteerFinished
from services.dispatch.hours_check.domain import needs_check
from services.dispatch.policy import POLICIES
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.store import Responders
from services.dispatch.service_record.domain import (
    Evidence,
    ServiceRecord,
    begin_of,
    blank,
    credit,
    days_of,
)
from services.dispatch.service_record.store import ServiceRecords


class ServiceRecordHandlers:
    def __init__(self, records: ServiceRecords, responders: Responders, stations: Stations) -> None:
        self._records, self._responders, self._stations = records, responders, stations

    async def credit(self, event: VolunteerFinished, message: Message) -> None:
        """Work whose end or place is not shown, or that is very long, waits for an officer
        (`hours_check`)."""
        if not needs_check(event, POLICIES.at(event.since)):
            since, until = event.since, event.until
            await self._credit(message.id, event.volunteer, event.callout, since, until, message)

    async def credit_checked(self, event: HoursChecked, message: Message) -> None:
        until = event.since + timedelta(minutes=event.minutes)
        await self._credit(event.check, event.volunteer, event.callout, event.since, until, message)

    async def _credit(
        self,
        id: str,
        volunteer: str,
        callout: str,
        since: datetime,
        until: datetime,
        message: Message,
    ) -> None:
        evidence = Evidence(id=id, kind="callout", source=callout, since=since, until=until)
        for day in days_of(evidence):
            # That of the day: what comes late must not credit old work by new rules.
            policy, record = POLICIES.at(begin_of(day)), blank(volunteer, day)
            decide = partial(credit, evidence=evidence, policy=policy)
            await self._records.change(record.id, decide, message.cause, create=record)

    async def list_days(
        self, who: Principal, volunteer: str, first: str, last: str, limit: int
    ) -> list[ServiceRecord]:
        """Days from `first` to `last` (ISO), both included, in order.

        Raises NotFound outside the reader's area and squads: this hides whether the person is a
        volunteer.
        """
        if volunteer != who.subject:
            person = await self._responders.require(volunteer)
            streets = await self._stations.streets(person.station)
            if not any(who.may("callout.command", s, squad=person.squad) for s in streets):
                raise NotFound(volunteer)
        return await self._records.of(volunteer, first, last, limit)
