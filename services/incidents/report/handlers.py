"""Reports: load, decide, save."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from chassis.errors import DuplicateKey, NotFound, Unavailable
from chassis.identity.guards import Principal
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from contracts.events.dispatch import CalloutEvent, CalloutOpened
from contracts.vocabulary import Category, Outcome, Route
from jinan.coordinates import Datum, Point
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.policy import POLICIES
from services.incidents.report.domain import callout, decisions, ending, later_texts, number
from services.incidents.report.domain.access import (
    Capacity,
    capacity,
    role_when_filing,
    visible_areas,
)
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.filing import Filing, file
from services.incidents.report.domain.follow_up_key import FollowUpKeys, hash_key
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.domain.search import Search
from services.incidents.report.domain.wording import seen_first, words_of
from services.incidents.report.filing_limit import FilingLimit
from services.incidents.report.store import ReportFilter, Reports
from services.incidents.routing.domain import RoutingDecision, RoutingInput
from services.incidents.routing.handlers import RoutingHandlers

log = structlog.get_logger()
_NUMBER_TRIES = 5


@dataclass(frozen=True)
class NewReport:
    """A request to file a report."""

    text: str
    category: Category | None
    point: Point
    datum: Datum
    community: str | None
    photo: str | None
    anonymous: bool
    finished: bool
    people_needed: int | None


class ReportHandlers:
    def __init__(
        self,
        reports: Reports,
        places: PlaceHandlers,
        photos: Photos,
        keys: FollowUpKeys,
        clock: Clock,
        due: Schedule,
        routing: RoutingHandlers,
    ) -> None:
        """`due`: when the next report is due."""
        self._reports, self._places, self._photos = reports, places, photos
        self._keys, self._clock, self._due = keys, clock, due
        self._limit, self._routing = FilingLimit(reports, clock), routing

    def now(self) -> datetime:
        """Domain time, for what an answer says of it."""
        return self._clock.now()

    async def file(
        self, new: NewReport, who: Principal | None, cause: Cause
    ) -> tuple[Report, str | None]:
        """The report, and the key of an anonymous one. A repeat of the cause returns the same."""
        anonymous, text = new.anonymous or who is None, words_of(new.text, new.photo)
        role = role_when_filing(who, anonymous=anonymous, finished=new.finished)
        place = await self._places.find(new.point, new.datum, new.community)
        now = self._clock.now()
        given = RoutingInput(text, new.category, role, new.finished, new.people_needed)
        routing = await self._routing.classify(given, POLICIES.at(now), now)
        routing = routing if text else seen_first(routing)
        id = cause.derive("rep")
        key = self._keys.issue(id) if anonymous else None
        filing = Filing(
            id=id,
            number="",
            text=text,
            reporter=None if who is None or anonymous else who.subject,
            reporter_role=role,
            picked=new.category,
            longitude=place.point.longitude,
            latitude=place.point.latitude,
            area=place.area,
            station=place.station,
            photo=new.photo,
            follow_up_key=hash_key(key) if key else None,
        )
        account = who.subject if who else None
        async with self._limit.room_for(id, account, routing.danger, anonymous=anonymous):
            return await self._file(filing, routing, now, cause), key

    async def _file(
        self, filing: Filing, routing: RoutingDecision, now: datetime, cause: Cause
    ) -> Report:
        if filing.photo is not None and not await self._photos.claim(filing.photo, filing.id):
            raise Refusal("photo_unknown", "body.photo")
        served = await self._places.served(filing.area, routing.route)
        report = await self._add(
            lambda drawn: file(
                replace(filing, number=drawn), routing, now, committee=served.committee
            ),
            cause,
        )
        if filing.photo is not None:
            await self._photos.keep(filing.photo)
        return report

    async def _add(self, decide: Callable[[str], Decision[Report]], cause: Cause) -> Report:
        """Store what is decided with a random number; another number where it is taken."""
        for _ in range(_NUMBER_TRIES):
            report, events = decide(number.number_of(secrets.randbits(number.BITS)))
            try:
                added = await self._reports.add(report, events, cause)
                self._due.note(added.due_at)
                return added
            except DuplicateKey as taken:
                if "number" not in taken.key:
                    raise
        raise Unavailable("a free report number")

    async def newest(
        self,
        who: Principal,
        wanted: ReportFilter,
        search: Search,
        *,
        mine: bool,
        area: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Report]:
        """Newest first: the person's own, else those of the areas that they manage. A number that
        one of them has is found whatever its day. Raises Refusal where they manage none of the
        wanted areas, and for what cannot be searched."""
        if mine:
            wanted = replace(wanted, reporter=who.subject, station=None)
        else:
            areas = (area,) if area else None
            if wanted.station:
                areas = await self._places.streets_of(wanted.station)
            officer, committee = visible_areas(who, areas)
            wanted = replace(wanted, areas=officer, committee_areas=committee)
        now = self._clock.now()
        if after is None and (number := search.number):
            found = await self._reports.newest(replace(wanted, number=number), None, limit)
            if found:
                return found
        since, until = search.span(POLICIES.at(now), now)
        wanted = replace(wanted, since=since, until=until, words=search.words)
        return await self._reports.newest(wanted, after, limit)

    async def read(self, id: str, who: Principal) -> Report:
        """Raises NotFound, also for a report that this person may not read."""
        return (await self.readable(id, who))[0]

    async def readable(self, id: str, who: Principal) -> tuple[Report, Capacity]:
        report = await self._reports.require(id)
        reads_as = capacity(report, who, self.now())
        if reads_as is None:
            raise NotFound(id)
        return report, reads_as

    async def act(self, id: str, who: Principal, *capacities: Capacity) -> tuple[Report, Actor]:
        """The report, and the person as an actor in one of these capacities. Raises Refusal for
        others who may read it."""
        report, reads_as = await self.readable(id, who)
        own = "reporter" in capacities and report.reporter == who.subject
        if not own and reads_as not in capacities:
            raise Refusal("not_allowed")
        return report, Actor("reporter" if own else reads_as, who.subject)

    async def change(
        self, id: str, cause: Cause, decide: Callable[[Report, datetime], Decision[Report] | None]
    ) -> Report:
        changed = await self._reports.change(id, lambda r: decide(r, self._clock.now()), cause)
        self._due.note(changed.due_at)
        return changed

    async def reroute(self, id: str, new: NewRoute, who: Principal, cause: Cause) -> Report:
        report, actor = await self.act(id, who, "officer")
        served = await self._places.served(report.area, new.route)
        changed = await self.change(
            id, cause, lambda r, now: decisions.reroute(r, new, actor, now, served)
        )
        await self.learn(report, changed.category, new.route, cause)
        return changed

    async def learn(self, before: Report, category: Category, route: Route, cause: Cause) -> None:
        """An officer chose for a report that the rules had decided."""
        if before.because != ("officer",):
            given = RoutingInput(before.text, before.picked, before.reporter_role)
            policy, at = before.policy, before.filed_at
            await self._routing.learn(before.id, given, category, route, policy, at, cause)

    async def acknowledge(self, id: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self.act(id, who, "officer")
        return await self.change(id, cause, lambda r, now: decisions.acknowledge(r, actor, now))

    async def resolve(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, actor = await self.act(id, who, "officer", "committee")
        by = "committee" if actor.role == "committee" else "station"
        return await self.change(
            id, cause, lambda r, now: ending.resolve(r, outcome, note, by, actor, now)
        )

    async def close(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, actor = await self.act(id, who, "officer")
        return await self.change(
            id, cause, lambda r, now: ending.close(r, outcome, note, actor, now)
        )

    async def reject(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self.act(id, who, "officer")
        return await self.change(id, cause, lambda r, now: ending.reject(r, reason, actor, now))

    async def return_to_station(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self.act(id, who, "committee")
        return await self.change(
            id, cause, lambda r, now: decisions.return_to_station(r, reason, actor, now)
        )

    async def add_note(self, id: str, note: str, who: Principal, cause: Cause) -> Report:
        _, reads_as = await self.readable(id, who)
        actor = Actor(reads_as, who.subject)
        return await self.change(id, cause, lambda r, now: later_texts.note(r, note, actor, now))

    async def confirm(self, id: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self.act(id, who, "reporter")
        return await self.confirm_as(actor, id, cause)

    async def confirm_as(self, reporter: Actor, id: str, cause: Cause) -> Report:
        return await self.change(
            id, cause, lambda r, now: ending.confirm(r, "reporter", reporter, now)
        )

    async def reopen(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        report, actor = await self.act(id, who, "reporter")
        return await self.reopen_as(actor, report, reason, cause)

    async def reopen_as(self, reporter: Actor, report: Report, reason: str, cause: Cause) -> Report:
        served = await self._places.served(report.area, report.route)
        return await self.change(
            report.id, cause, lambda r, now: later_texts.reopen(r, reason, reporter, now, served)
        )

    async def withdraw(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self.act(id, who, "reporter")
        return await self.withdraw_as(actor, id, reason, cause)

    async def withdraw_as(self, reporter: Actor, id: str, reason: str, cause: Cause) -> Report:
        return await self.change(
            id, cause, lambda r, now: later_texts.withdraw(r, reason, reporter, now)
        )

    async def mark_called(self, event: CalloutOpened, _: Message) -> None:
        """Volunteers are being called for a report."""
        await self._reports.mark_called(
            event.report, callout.called(event.round, self._clock.now())
        )

    async def follow_callout(self, event: CalloutEvent, message: Message) -> None:
        """A later event of the call-out that answers a report."""
        if not callout.concerns_report(event):
            return
        try:
            await self.change(
                event.report, message.cause, lambda r, now: callout.follow(r, event, now)
            )
        except NotFound:
            log.warning("call-out of an unknown report", type=type(event).__name__)

    async def keep_photos(self) -> None:
        """Keep the photos of stored reports for which `file` ended before it could."""
        async for photo, id in self._photos.claimed():
            if await self._reports.has_photo(id, photo):
                await self._photos.keep(photo)
