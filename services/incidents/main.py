"""incidents: reports from filing to closing, the log book and figures.

/api/v1/reports      file, list, read, photo, notes; route, acknowledge, resolve, close, reject,
                     return; confirm, reopen, withdraw; ask, answer; correct
/api/v1/queue        what waits for a person
/api/v1/places       the streets that a point may lie in
/api/v1/follow-ups   by number, without an account: read; with the anonymous reporter's key confirm,
                     reopen, withdraw, answer, choose the community
/api/v1/photos       upload a photo for a report
/api/v1/log-entries  the volunteers' log book
/api/v1/categories   what a report can be about
/api/v1/figures      counts and medians of an area; by day; the city now
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from chassis.domain import Window
from chassis.http.caller import within
from chassis.limits.quota import Quota
from chassis.personal.keys import PersonKeys
from chassis.service import Service
from chassis.tasks.schedule import Schedule
from contracts import topics
from contracts.events import dispatch
from contracts.events.registration import (
    GrantsChanged,
    PersonErased,
    StationRegistered,
    WatchAccepted,
    WatchLapsed,
    WatchTaken,
)
from jinan.districts import districts
from jinan.divisions import communities
from services.incidents.city_view import api as city_view_api
from services.incidents.city_view.handlers import CityViewHandlers
from services.incidents.correction import api as correction_api
from services.incidents.correction.handlers import CorrectionHandlers
from services.incidents.deadline.handlers import DeadlineHandlers
from services.incidents.erasure.handlers import ErasureHandlers
from services.incidents.erasure.store import KeptReports
from services.incidents.figures import api as figures_api
from services.incidents.follow_up import api as follow_up_api
from services.incidents.follow_up.handlers import FollowUpHandlers
from services.incidents.logbook import api as logbook_api
from services.incidents.logbook.handlers import LogbookHandlers
from services.incidents.logbook.store import LogEntries
from services.incidents.personal_copy import api as copy_api
from services.incidents.photo import api as photo_api
from services.incidents.photo.handlers import PhotoHandlers
from services.incidents.photo.intake import Intake
from services.incidents.photo.store import Photos, UploadQuota
from services.incidents.photo.workers import PhotoWorkers
from services.incidents.place import api as place_api
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.policy import POLICIES, IncidentsPolicy
from services.incidents.question import api as question_api
from services.incidents.question.handlers import QuestionHandlers
from services.incidents.queue import api as queue_api
from services.incidents.queue.handlers import QueueHandlers
from services.incidents.queue.store import Queue
from services.incidents.replicas.committees import Committees
from services.incidents.replicas.stations import Stations
from services.incidents.replicas.watches import Watches
from services.incidents.report import api as report_api
from services.incidents.report.domain.follow_up_key import FollowUpKeys
from services.incidents.report.filing import FilingHandlers
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.recent_filings import RecentFilings
from services.incidents.report.store import Reports
from services.incidents.routing import api as routing_api
from services.incidents.routing.handlers import RoutingHandlers
from services.incidents.routing.second_opinion import SecondOpinion
from services.incidents.routing.store import Examples
from services.incidents.settings import IncidentsSettings

Q = TypeVar("Q", bound=Quota)


def build(settings: IncidentsSettings, name: str = "incidents") -> Service:
    """`name` is also that of the database and the consumer group."""
    service = Service(name, settings)
    store, clock = service.store, service.clock

    stations, committees, watches = Stations(store), Committees(store), Watches(store)
    person_keys = PersonKeys(store, settings.field_key)
    photos, stored = Photos(store, person_keys), Reports(store, person_keys)
    entries, examples = LogEntries(store, person_keys), Examples(store, person_keys)
    places = PlaceHandlers(districts(), communities(), stations, committees, clock)
    keys = FollowUpKeys(settings.field_key)
    due = Schedule(clock)
    routing = RoutingHandlers(examples, _second_opinion(service, settings))
    reports = ReportHandlers(stored, places, photos, keys, clock, due, routing)
    filing = _filing(service, settings, reports, stored)
    deadlines = DeadlineHandlers(stored, watches, clock, due)
    questions, corrections = QuestionHandlers(reports), CorrectionHandlers(reports, places)
    tries = _quota(service, settings, "follow-ups", lambda p: p.follow_ups_per_address)
    follow_ups = FollowUpHandlers(stored, reports, questions, corrections, tries)
    logbook = LogbookHandlers(entries, places, clock)
    queue = QueueHandlers(Queue(store, stored))
    erasure = ErasureHandlers(
        stored, KeptReports(store), entries, photos, examples, person_keys, clock
    )
    service.provide(reports, filing, stored, questions, corrections, follow_ups, photos, logbook)
    service.provide(entries, queue, places, routing, *_uploads(service, settings, photos))
    service.provide(CityViewHandlers(stored, clock))

    service.routes(
        report_api.router,
        copy_api.router,
        question_api.router,
        correction_api.router,
        queue_api.router,
        follow_up_api.router,
        place_api.router,
        photo_api.router,
        logbook_api.router,
        figures_api.router,
        city_view_api.router,
        routing_api.router,
    )
    service.keeps(StationRegistered, stations.registered)
    service.keeps(GrantsChanged, committees.on_grants)
    service.keeps(WatchTaken, watches.held)
    service.keeps(WatchAccepted, watches.held)
    service.keeps(WatchLapsed, watches.ended)
    service.on(WatchTaken, deadlines.on_watch)
    service.on(WatchAccepted, deadlines.on_watch)
    service.on(WatchLapsed, deadlines.on_watch)
    service.on(PersonErased, erasure.on_erased)
    _follow_callouts(service, reports)

    service.lingers(0.05, topics.DISPATCH, topics.REGISTRATION)
    service.runs_when_due("due reports", deadlines.settle_due, due)
    service.runs("photos of stored reports", reports.keep_photos, every=600)
    service.runs("reports of erased people", erasure.erase_due, every=600)
    return service


def _follow_callouts(service: Service, reports: ReportHandlers) -> None:
    """One order for all of a call-out: what is done before the arrival would miss it."""
    service.on(dispatch.CalloutOpened, reports.mark_called, ordered_by="callout")
    for event in (
        dispatch.CalloutAccepted,
        dispatch.VolunteerArrived,
        dispatch.VolunteerWithdrew,
        dispatch.VolunteerMissed,
        dispatch.WaveStoodDown,
        dispatch.CalloutDone,
        dispatch.CalloutEscalated,
    ):
        service.on(event, reports.follow_callout, ordered_by="callout")


def _uploads(
    service: Service, settings: IncidentsSettings, photos: Photos
) -> tuple[PhotoHandlers, Intake, UploadQuota]:
    workers = PhotoWorkers(settings.photo_workers)
    service.starts(workers.start, workers.stop)
    intake = Intake(settings.photo_room_mb * 1024 * 1024)
    quota = _quota(service, settings, "photos", lambda p: p.photos_per_address, UploadQuota)
    return PhotoHandlers(photos, workers), intake, quota


def _quota(
    service: Service,
    settings: IncidentsSettings,
    name: str,
    windows: Callable[[IncidentsPolicy], Sequence[Window]],
    kind: type[Q] = Quota,
) -> Q:
    exempt = within(settings.unlimited_networks)
    return kind(
        service.store, name, lambda now: windows(POLICIES.at(now)), settings.field_key, exempt
    )


def _filing(
    service: Service, settings: IncidentsSettings, reports: ReportHandlers, stored: Reports
) -> FilingHandlers:
    quota = _quota(service, settings, "reports", lambda policy: policy.reports_per_address)
    recent = RecentFilings(service.store, settings.field_key)
    return FilingHandlers(reports, stored, recent, quota)


def _second_opinion(service: Service, settings: IncidentsSettings) -> SecondOpinion | None:
    if not settings.second_opinion_url:
        return None
    second = SecondOpinion(
        settings.second_opinion_url,
        settings.second_opinion_model,
        settings.second_opinion_key,
        settings.second_opinion_seconds,
    )
    service.starts(second.start, second.stop)
    return second


service = build(IncidentsSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
