"""Evidence as it comes in: so far from call-outs; patrols and shifts will tell of theirs in the
same way."""

from chassis.kafka.subscriptions import Message
from contracts.events.dispatch import VolunteerFinished
from services.dispatch.service_record.domain import Evidence
from services.dispatch.service_record.handlers import ServiceRecordHandlers


class ServiceRecordConsumers:
    def __init__(self, records: ServiceRecordHandlers) -> None:
        self._records = records

    async def on_finished(self, event: VolunteerFinished, message: Message) -> None:
        evidence = Evidence(
            id=message.id,
            kind="callout",
            source=event.callout,
            since=event.since,
            until=event.until,
        )
        await self._records.credit(event.volunteer, evidence, message.cause)
