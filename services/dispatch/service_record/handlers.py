"""Credits evidence to the days that it touches, and lists the records."""

from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.kafka.subscriptions import Message
from contracts.access import Principal
from contracts.events.dispatch import HoursChecked, VolunteerFinished
from services.dispatch.policy import POLICIES
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.store import Responders
from services.dispatch.service_record.domain import (
    Evidence,
    ServiceRecord,
    blank,
    credit,
    days_of,
)
from services.dispatch.service_record.store import ServiceRecords


class ServiceRecordHandlers:
    def __init__(
        self, records: ServiceRecords, responders: Responders, stations: Stations, clock: Clock
    ) -> None:
        self._records, self._responders = records, responders
        self._stations, self._clock = stations, clock

    async def credit(self, event: VolunteerFinished, message: Message) -> None:
        """Work whose end or place is not shown waits for an officer (`hours_check`)."""
        if not event.capped and event.place_shown:
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
        policy = POLICIES.at(self._clock.now())
        evidence = Evidence(id=id, kind="callout", source=callout, since=since, until=until)
        for day in days_of(evidence):
            record = blank(volunteer, day)
            await self._records.change(
                record.id, lambda r: credit(r, evidence, policy), message.cause, create=record
            )

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
