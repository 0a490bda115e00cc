"""Reports: load, decide, save. One verb each."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey, is_transient
from chassis.identity.guards import Principal
from contracts.vocabulary import Category, Outcome
from jinan.coordinates import Datum, Point
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.report import decisions, number
from services.incidents.report.access import Capacity, capacity, role_when_filing
from services.incidents.report.deadlines import tick
from services.incidents.report.decisions import Doing, NewRoute
from services.incidents.report.domain import Report
from services.incidents.report.filing import Decision, Filing, file
from services.incidents.report.policy import rules_at
from services.incidents.report.routing import Asked, route
from services.incidents.report.store import Reports

log = structlog.get_logger()
_DUE_AT_ONCE = 200
_PHOTOS_AT_ONCE = 500
_TRIES = 5


@dataclass(frozen=True)
class NewReport:
    """What somebody tells: as it came, checked by form only."""

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
    """`secret` makes anonymous reporters' keys; it must be the same on all replicas."""

    def __init__(
        self, reports: Reports, places: PlaceHandlers, photos: Photos, clock: Clock, secret: bytes
    ) -> None:
        self._reports, self._places, self._photos = reports, places, photos
        self._clock, self._secret = clock, secret

    async def file(
        self, new: NewReport, who: Principal | None, cause: Cause
    ) -> tuple[Report, str | None]:
        """The report, and for an anonymous one the key to follow it by; a repeat gives the same
        ones."""
        role = role_when_filing(who)
        if new.finished and role not in ("volunteer", "leader"):
            raise Refusal("finished_by_volunteers", "body.finished")
        place = await self._places.find(new.point, new.datum, new.community)
        now = self._clock.now()
        asked = Asked(new.text, new.category, role, new.finished, new.people_needed)
        ruling = route(asked, rules_at(now), now)
        id, anonymous = cause.derive("rep"), new.anonymous or who is None
        if new.photo is not None and not await self._photos.claim(new.photo, id):
            raise Refusal("photo_unknown", "body.photo")
        key = self._follow_up_key(id) if anonymous else None
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
            follow_up_key=_hash(key) if key else None,
        )
        report = await self._add(
            lambda drawn: file(replace(filing, number=drawn), ruling, now), cause
        )
        if new.photo is not None:
            await self._photos.keep(new.photo)
        return report, key

    async def _add(self, decide: Callable[[str], Decision], cause: Cause) -> Report:
        for _ in range(_TRIES):
            report, events = decide(number.number_of(secrets.randbits(number.BITS)))
            try:
                return await self._reports.add(report, events, cause)
            except DuplicateKey as refused:
                if "number" not in refused.key:
                    raise
        raise Refusal("unavailable", retry_after=1)

    def _follow_up_key(self, report: str) -> str:
        """Made from the report's id and the secret: a phone that repeats itself is told the same
        key again."""
        return hmac.new(
            self._secret, f"follow-up\x1f{report}".encode(), hashlib.sha256
        ).hexdigest()[:24]

    async def readable(self, id: str, who: Principal) -> tuple[Report, Capacity]:
        """Raises 404 for a report that is not there, and for one that this person may not read."""
        report = await self._reports.require(id)
        reads_as = capacity(report, who)
        if reads_as is None:
            raise Refusal("not_found")
        return report, reads_as

    async def _as(self, id: str, who: Principal, *capacities: Capacity) -> tuple[Report, Doing]:
        """The report for somebody who acts in one of these capacities; 403 for others who may read
        it."""
        report, reads_as = await self.readable(id, who)
        own = "reporter" in capacities and report.reporter == who.subject
        if not own and reads_as not in capacities:
            raise Refusal("not_allowed")
        return report, Doing("reporter" if own else reads_as, who.subject)

    async def _change(
        self, id: str, cause: Cause, decide: Callable[[Report, datetime], Decision | None]
    ) -> Report:
        return await self._reports.change(
            id, lambda report: decide(report, self._clock.now()), cause
        )

    async def reroute(self, id: str, new: NewRoute, who: Principal, cause: Cause) -> Report:
        report, doing = await self._as(id, who, "officer")
        station = report.station or await self._places.station_of(report.area)
        return await self._change(
            id, cause, lambda r, now: decisions.reroute(r, new, doing, now, station)
        )

    async def acknowledge(self, id: str, who: Principal, cause: Cause) -> Report:
        _, doing = await self._as(id, who, "officer")
        return await self._change(id, cause, lambda r, now: decisions.acknowledge(r, doing, now))

    async def resolve(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, doing = await self._as(id, who, "officer", "committee")
        by = "committee" if doing.role == "committee" else "station"
        return await self._change(
            id, cause, lambda r, now: decisions.resolve(r, outcome, note, by, doing, now)
        )

    async def close(
        self, id: str, outcome: Outcome, note: str, who: Principal, cause: Cause
    ) -> Report:
        _, doing = await self._as(id, who, "officer")
        return await self._change(
            id, cause, lambda r, now: decisions.close(r, outcome, note, doing, now)
        )

    async def refuse(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, doing = await self._as(id, who, "officer")
        return await self._change(id, cause, lambda r, now: decisions.refuse(r, reason, doing, now))

    async def give_back(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, doing = await self._as(id, who, "committee")
        return await self._change(
            id, cause, lambda r, now: decisions.give_back(r, reason, doing, now)
        )

    async def note(self, id: str, words: str, who: Principal, cause: Cause) -> Report:
        _, reads_as = await self.readable(id, who)
        doing = Doing(reads_as, who.subject)
        return await self._change(id, cause, lambda r, now: decisions.note(r, words, doing, now))

    async def confirm(self, id: str, who: Principal, cause: Cause) -> Report:
        _, doing = await self._as(id, who, "reporter")
        return await self._change(
            id, cause, lambda r, now: decisions.confirm(r, "reporter", doing, now)
        )

    async def reopen(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        report, doing = await self._as(id, who, "reporter")
        return await self._reopen(report, reason, doing, cause)

    async def _reopen(self, report: Report, reason: str, doing: Doing, cause: Cause) -> Report:
        station = report.station or await self._places.station_of(report.area)
        return await self._change(
            report.id, cause, lambda r, now: decisions.reopen(r, reason, doing, now, station)
        )

    async def withdraw(self, id: str, reason: str, who: Principal, cause: Cause) -> Report:
        _, doing = await self._as(id, who, "reporter")
        return await self._change(
            id, cause, lambda r, now: decisions.withdraw(r, reason, doing, now)
        )

    async def by_number(self, typed: str) -> Report:
        """Raises Refusal (422) for what can be no number, 404 for one that is nobody's."""
        report = await self._reports.by_number(number.parse(typed))
        if report is None:
            raise Refusal("not_found")
        return report

    async def _by_key(self, typed: str, key: str) -> Report:
        report = await self.by_number(typed)
        if report.follow_up_key is None or not hmac.compare_digest(
            report.follow_up_key, _hash(key)
        ):
            raise Refusal("key_wrong", fields={"body.key": "problem.key_wrong"})
        return report

    async def confirm_by_key(self, typed: str, key: str, cause: Cause) -> Report:
        report = await self._by_key(typed, key)
        doing = Doing("reporter")
        return await self._change(
            report.id, cause, lambda r, now: decisions.confirm(r, "reporter", doing, now)
        )

    async def reopen_by_key(self, typed: str, key: str, reason: str, cause: Cause) -> Report:
        return await self._reopen(await self._by_key(typed, key), reason, Doing("reporter"), cause)

    async def withdraw_by_key(self, typed: str, key: str, reason: str, cause: Cause) -> Report:
        report = await self._by_key(typed, key)
        doing = Doing("reporter")
        return await self._change(
            report.id, cause, lambda r, now: decisions.withdraw(r, reason, doing, now)
        )

    async def settle_due(self) -> None:
        """What the clock brings: overdue first answers, and silent reporters. Safe on several
        replicas at once."""
        now = self._clock.now()
        for id in await self._reports.due(now, _DUE_AT_ONCE):
            try:
                await self._reports.change(
                    id, lambda report: tick(report, now), Cause(f"due:{id}:{now.isoformat()}")
                )
            # others were faster, or it cannot be settled: those behind it are not held up
            except Exception as error:
                if is_transient(error):
                    raise
                log.warning("not settled yet", report=id, error=type(error).__name__)

    async def keep_photos(self) -> None:
        """The process may have ended between a report and the word that its photo stays: it is said
        here then."""
        for photo, id in await self._photos.claimed(_PHOTOS_AT_ONCE):
            report = await self._reports.get(id)
            if report is not None and report.photo == photo:
                await self._photos.keep(photo)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
