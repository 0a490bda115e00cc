"""What incidents tells: a report needs volunteers, or does not any more."""

from chassis.kafka.subscriptions import Message
from contracts.events.incidents import (
    ReportClosed,
    ReportNotAccepted,
    ReportResolved,
    ReportRouted,
    ReportWithdrawn,
)
from services.dispatch.callout.handlers import CalloutHandlers


class CalloutConsumers:
    def __init__(self, callouts: CalloutHandlers) -> None:
        self._callouts = callouts

    async def on_routed(self, event: ReportRouted, message: Message) -> None:
        if event.route == "volunteers":
            await self._callouts.open(event, message.seq, message.cause)
        else:
            await self._callouts.end_report(
                event.report, message.seq, "routed_elsewhere", message.cause
            )

    async def on_withdrawn(self, event: ReportWithdrawn, message: Message) -> None:
        await self._callouts.end_report(event.report, message.seq, "withdrawn", message.cause)

    async def on_not_accepted(self, event: ReportNotAccepted, message: Message) -> None:
        await self._callouts.end_report(event.report, message.seq, "closed", message.cause)

    async def on_closed(self, event: ReportClosed, message: Message) -> None:
        await self._callouts.end_report(event.report, message.seq, "closed", message.cause)

    async def on_resolved(self, event: ReportResolved, message: Message) -> None:
        """By volunteers: their own call-out said so, and ends by itself."""
        if event.resolved_by != "volunteers":
            await self._callouts.end_report(event.report, message.seq, "closed", message.cause)
