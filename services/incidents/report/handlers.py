"""Reports: load, decide, save."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from chassis.errors import DuplicateKey, NotFound, Unavailable, is_transient
from chassis.identity.guards import Principal
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from contracts.events.dispatch import CalloutEvent, CalloutOpened
from contracts.vocabulary import Category, Outcome
from jinan.coordinates import Datum, Point
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.policy import POLICIES
from services.incidents.report.domain import callout, decisions, number
from services.incidents.report.domain.access import (
    Capacity,
    capacity,
    role_when_filing,
    visible_areas,
)
from services.incidents.report.domain.deadlines import on_due
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.filing import Filing, file
from services.incidents.report.domain.follow_up_key import FollowUpKeys, hash_key
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.store import ReportFilter, Reports
from services.incidents.routing.domain import RoutingInput
from services.incidents.routing.handlers import RoutingHandlers

log = structlog.get_logger()
_DUE_BATCH = 200
_DUE_PAUSE = 1.0  # wall-clock seconds between two batches
_PHOTO_BATCH = 500
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
        """`due`: when the next report is due, for `settle_due`."""
        self._reports, self._places, self._photos = reports, places, photos
        self._keys, self._clock, self._due = keys, clock, due
        self._routing = routing

    async def file(
        self, new: NewReport, who: Principal | None, cause: Cause
    ) -> tuple[Report, str | None]:
        """The report, and the key of an anonymous one. A repeat of the cause returns the same."""
        role = role_when_filing(who)
        if new.finished and role not in ("volunteer", "leader"):
            raise Refusal("finished_by_volunteers", "body.finished")
        place = await self._places.find(new.point, new.datum, new.community)
        now = self._clock.now()
        given = RoutingInput(new.text, new.category, role, new.finished, new.people_needed)
        routing = await self._routing.classify(given, POLICIES.at(now), now)
        id, anonymous = cause.derive("rep"), new.anonymous or who is None
        if new.photo is not None and not await self._photos.claim(new.photo, id):
            raise Refusal("photo_unknown", "body.photo")
        key = self._keys.issue(id) if anonymous else None
        filing = Filing(
            id=id,
            number="",
            text=new.text,
            reporter=None if who is None or anonymous else who.subject,
            reporter_role=role,
            longitude=place.point.longitude,
            latitude=place.point.latitude,
            area=place.area,
            station=place.station,
            photo=new.photo,
            follow_up_key=hash_key(key) if key else None,
        )
        report = await self._add(
            lambda drawn: file(replace(filing, number=drawn), routing, now), cause
        )
        if new.photo is not None:
            await self._photos.keep(new.photo)
        return report, key

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
        *,
        mine: bool,
        area: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Report]:
        """Newest first: the person's own, else those of the areas that they manage. Raises Refusal
        where they manage none of the wanted ones."""
        if mine:
            wanted = replace(wanted, reporter=who.subject, station=None)
        else:
            areas = (area,) if area else None
            if wanted.station:
                areas = await self._places.streets_of(wanted.station)
            officer, committee = visible_areas(who, areas)
            wanted = replace(wanted, areas=officer, committee_areas=committee)
        return await self._reports.newest(wanted, after, limit)

    async def read(self, id: str, who: Principal) -> Report:
        """Raises NotFound, also for a report that this person may not read."""
        return (await self._readable(id, who))[0]

    async def _readable(self, id: str, who: Principal) -> tuple[Report, Capacity]:
        report = await self._reports.require(id)
        reads_as = capacity(report, who)
        if reads_as is None:
            raise NotFound(id)
        return report, reads_as

    async def _act(self, id: str, who: Principal, *capacities: Capacity) -> tuple[Report, Actor]:
        """The report, and the person as an actor in one of these capacities. Raises Refusal for
        others who may read it."""
        report, reads_as = await self._readable(id, who)
        own = "reporter" in capacities and report.reporter == who.subject
        if not own and reads_as not in capacities:
            raise Refusal("not_allowed")
        return report, Actor("reporter" if own else reads_as, who.subject)

    async def _change(
        self, id: str, cause: Cause, decide: Callable[[Report, datetime], Decision[Report] | None]
    ) -> Report:
        changed = await self._reports.change(id, lambda r: decide(r, self._clock.now()), cause)
        self._due.note(changed.due_at)
        return changed

    async def reroute(self, id: str, new: NewRoute, who: Principal, cause: Cause) -> Report:
        report, actor = await self._act(id, who, "officer")
        station = report.station or await self._places.station_of(report.area)
        return await self._change(
            id, cause, lambda r, now: decisions.reroute(r, new, actor, now, station)
        )

    async def acknowledge(self, id: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self._act(id, who, "officer")
        return await self._change(id, cause, lambda r, now: decisions.acknowledge(r, actor, now))

    async def resolve(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, actor = await self._act(id, who, "officer", "committee")
        by = "committee" if actor.role == "committee" else "station"
        return await self._change(
            id, cause, lambda r, now: decisions.resolve(r, outcome, note, by, actor, now)
        )

    async def close(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, actor = await self._act(id, who, "officer")
        return await self._change(
            id, cause, lambda r, now: decisions.close(r, outcome, note, actor, now)
        )

    async def reject(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self._act(id, who, "officer")
        return await self._change(id, cause, lambda r, now: decisions.reject(r, reason, actor, now))

    async def return_to_station(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self._act(id, who, "committee")
        return await self._change(
            id, cause, lambda r, now: decisions.return_to_station(r, reason, actor, now)
        )

    async def add_note(self, id: str, note: str, who: Principal, cause: Cause) -> Report:
        _, reads_as = await self._readable(id, who)
        actor = Actor(reads_as, who.subject)
        return await self._change(id, cause, lambda r, now: decisions.add_note(r, note, actor, now))

    async def confirm(self, id: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self._act(id, who, "reporter")
        return await self.confirm_as(actor, id, cause)

    async def confirm_as(self, reporter: Actor, id: str, cause: Cause) -> Report:
        return await self._change(
            id, cause, lambda r, now: decisions.confirm(r, "reporter", reporter, now)
        )

    async def reopen(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        report, actor = await self._act(id, who, "reporter")
        return await self.reopen_as(actor, report, reason, cause)

    async def reopen_as(self, reporter: Actor, report: Report, reason: str, cause: Cause) -> Report:
        station = report.station or await self._places.station_of(report.area)
        return await self._change(
            report.id, cause, lambda r, now: decisions.reopen(r, reason, reporter, now, station)
        )

    async def withdraw(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, actor = await self._act(id, who, "reporter")
        return await self.withdraw_as(actor, id, reason, cause)

    async def withdraw_as(self, reporter: Actor, id: str, reason: str, cause: Cause) -> Report:
        return await self._change(
            id, cause, lambda r, now: decisions.withdraw(r, reason, reporter, now)
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
            await self._change(
                event.report, message.cause, lambda r, now: callout.follow(r, event, now)
            )
        except NotFound:
            log.warning("call-out of an unknown report", type=type(event).__name__)

    async def settle_due(self) -> datetime | None:
        """Escalate overdue first answers, and confirm for silent reporters. Safe on several
        replicas at once. Returns when the next report is due."""
        now = self._clock.now()
        next_due = await self._reports.next_due()
        if next_due is None or next_due > now:
            return next_due
        for id in await self._reports.due(now, _DUE_BATCH):
            await self._settle(id, now)
        next_due = await self._reports.next_due()
        # What is still due could not be settled, or is of the next batch: after a pause.
        pause = self._clock.span(_DUE_PAUSE)
        return None if next_due is None else max(next_due, now + pause)

    async def _settle(self, id: str, now: datetime) -> None:
        cause = Cause(f"due:{id}:{now.isoformat()}")
        try:
            await self._reports.change(id, lambda report: on_due(report, now), cause)
        except Exception as error:  # one report must not block those behind it
            if is_transient(error):
                raise
            log.warning("due report not settled", report=id, error=type(error).__name__)

    async def keep_photos(self) -> None:
        """Keep the photos of stored reports for which `file` ended before it could."""
        for photo, id in await self._photos.claimed(_PHOTO_BATCH):
            report = await self._reports.get(id)
            if report is not None and report.photo == photo:
                await self._photos.keep(photo)
