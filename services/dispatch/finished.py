"""When a volunteer's part is done they are free again, and their hours are due."""

from chassis.bus import Message
from contracts.dispatch import VolunteerFinished
from services.dispatch.responder.consumers import ResponderConsumers
from services.dispatch.service_record.consumers import ServiceRecordConsumers


class FinishedConsumers:
    def __init__(self, responders: ResponderConsumers, records: ServiceRecordConsumers) -> None:
        self._responders, self._records = responders, records

    async def on_finished(self, event: VolunteerFinished, message: Message) -> None:
        """Each of the two takes a repeat for what it is."""
        await self._responders.on_left(event, message)
        await self._records.on_finished(event, message)
