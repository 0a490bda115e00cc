"""From an event to messages in inboxes."""

from chassis.clock import Clock
from chassis.domain import derived_id
from chassis.kafka.subscriptions import Message as Origin
from contracts.envelope import Event
from contracts.events import dispatch
from contracts.events.dispatch import CalloutEvent
from contracts.events.incidents import ReportFiled
from contracts.events.registration import VolunteerStandingChanged
from services.notify.announcement.domain import Announcement, Holders, ReporterOf, announce
from services.notify.inbox.domain import Message, outgoing
from services.notify.inbox.handlers import InboxHandlers
from services.notify.recipient.store import Recipients, Waiting


class Announcer:
    def __init__(
        self, recipients: Recipients, waiting: Waiting, inbox: InboxHandlers, clock: Clock
    ) -> None:
        self._recipients, self._waiting, self._inbox, self._clock = (
            recipients,
            waiting,
            inbox,
            clock,
        )

    async def tell(self, event: Event, origin: Origin) -> None:
        """Tell everyone concerned, once each however often the event comes."""
        said = announce(event)
        if said is None:
            return
        now = self._clock.now()
        if isinstance(said.to, ReporterOf):
            await self._tell_reporter(said, said.to.report, event, origin)
        elif isinstance(said.to, Holders):
            holders = await self._recipients.holders(said.to.role, said.to.area, now)
            await self._put(said, tuple(id for id in holders if id != said.to.but_not), origin)
        else:
            await self._put(said, said.to.ids, origin)

    async def _put(self, said: Announcement, people: tuple[str, ...], origin: Origin) -> None:
        now = self._clock.now()
        messages: list[Message] = []
        for person in dict.fromkeys(people):
            off_duty = said.kind == "alert" and await self._recipients.is_off_duty(person)
            messages.append(outgoing(_message(said, person, origin), off_duty=off_duty, now=now))
        await self._inbox.put(messages, origin.cause)

    async def _tell_reporter(
        self, said: Announcement, report: str, event: Event, origin: Origin
    ) -> None:
        """The topics are read side by side: what comes before its report waits for it."""
        known, reporter = await self._recipients.reporter_of(report)
        if not known:
            parked = {
                "type": type(event).__name__,
                "data": event.model_dump(mode="json"),
                "at": origin.at,
                "seq": origin.seq,
                "aggregate": origin.aggregate,
            }
            await self._waiting.put(report, origin.id, parked)
            known, reporter = await self._recipients.reporter_of(
                report
            )  # it may have come just before
            if not known:
                return
        if reporter is not None:
            await self._put(said, (reporter,), origin)
        await self._waiting.drop(origin.id)

    async def on_filed(self, event: ReportFiled, origin: Origin) -> None:
        """Remember who filed it, and tell them what has waited for that."""
        await self._recipients.keep_reporter(event.report, event.reporter)
        for parked in await self._waiting.of(event.report):
            kind: type[CalloutEvent] = getattr(dispatch, parked["type"])
            waited = Origin(parked["_id"], parked["aggregate"], parked["seq"], parked["at"])
            await self.tell(kind.model_validate(parked["data"]), waited)

    async def on_standing(self, event: VolunteerStandingChanged, origin: Origin) -> None:
        """Told first, kept then: if the process ends in between, a repeat tells nothing twice."""
        if await self._recipients.is_new_standing(event.volunteer, event.standing, origin.seq):
            await self.tell(event, origin)
        await self._recipients.keep_standing(event.volunteer, event.standing, origin.seq)


def _message(said: Announcement, person: str, origin: Origin) -> Message:
    return Message(
        id=derived_id("msg", origin.id, person),
        recipient=person,
        kind=said.kind,
        title=said.title,
        body=said.body,
        at=origin.at,
        report=said.report,
        callout=said.callout,
        area=said.area,
        expires_at=said.expires_at,
        data=dict(said.data),
    )
