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
/api/v1/figures      counts and medians of an area
"""

from chassis.service import Service
from chassis.tasks.schedule import Schedule
from contracts import topics
from contracts.events import dispatch
from contracts.events.registration import (
    GrantsChanged,
    StationRegistered,
    WatchAccepted,
    WatchLapsed,
    WatchTaken,
)
from jinan.districts import districts
from jinan.divisions import communities
from services.incidents.correction import api as correction_api
from services.incidents.correction.handlers import CorrectionHandlers
from services.incidents.deadline.handlers import DeadlineHandlers
from services.incidents.figures import api as figures_api
from services.incidents.follow_up import api as follow_up_api
from services.incidents.follow_up.handlers import FollowUpHandlers
from services.incidents.logbook import api as logbook_api
from services.incidents.logbook.handlers import LogbookHandlers
from services.incidents.logbook.store import LogEntries
from services.incidents.photo import api as photo_api
from services.incidents.photo.store import Photos
from services.incidents.place import api as place_api
from services.incidents.place.handlers import PlaceHandlers
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
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports
from services.incidents.routing import api as routing_api
from services.incidents.routing.handlers import RoutingHandlers
from services.incidents.routing.second_opinion import SecondOpinion
from services.incidents.routing.store import Examples
from services.incidents.settings import IncidentsSettings


def build(settings: IncidentsSettings, name: str = "incidents") -> Service:
    """`name` is also that of the database and the consumer group."""
    service = Service(name, settings)
    store, clock = service.store, service.clock

    stations, committees, watches = Stations(store), Committees(store), Watches(store)
    photos, stored = Photos(store), Reports(store)
    places = PlaceHandlers(districts(), communities(), stations, committees, clock)
    keys = FollowUpKeys(settings.field_key)
    due = Schedule(clock)
    routing = RoutingHandlers(Examples(store), _second_opinion(service, settings))
    reports = ReportHandlers(stored, places, photos, keys, clock, due, routing)
    deadlines = DeadlineHandlers(stored, watches, clock, due)
    questions, corrections = QuestionHandlers(reports), CorrectionHandlers(reports, places)
    follow_ups = FollowUpHandlers(stored, reports, questions, corrections)
    logbook = LogbookHandlers(LogEntries(store), places, clock)
    queue = QueueHandlers(Queue(store, stored))
    service.provide(reports, stored, questions, corrections, follow_ups, photos, logbook)
    service.provide(queue, places, routing)

    service.routes(
        report_api.router,
        question_api.router,
        correction_api.router,
        queue_api.router,
        follow_up_api.router,
        place_api.router,
        photo_api.router,
        logbook_api.router,
        figures_api.router,
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
    # One order for all of a call-out: what is done before the arrival would miss it.
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

    service.lingers(0.05, topics.DISPATCH, topics.REGISTRATION)
    service.runs_when_due("due reports", deadlines.settle_due, due)
    service.runs("photos of stored reports", reports.keep_photos, every=600)
    return service


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
