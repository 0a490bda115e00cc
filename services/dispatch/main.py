"""dispatch: duty, positions, call-outs and service hours of volunteers."""

from chassis.service import Service
from contracts import topics
from contracts.events import dispatch, incidents, registration
from services.dispatch.availability.handlers import AvailabilityHandlers
from services.dispatch.availability.store import Availability
from services.dispatch.callout import api as callout_api
from services.dispatch.callout.claims import Claims
from services.dispatch.callout.deadlines import Deadlines
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts, EndedReports
from services.dispatch.callout.waiting import WaitingCallouts
from services.dispatch.current_call import api as current_call_api
from services.dispatch.duty_map import api as duty_map_api
from services.dispatch.duty_map.handlers import DutyCounts, DutyMapHandlers
from services.dispatch.duty_map.store import PositionAccesses
from services.dispatch.hours_check import api as hours_check_api
from services.dispatch.hours_check.handlers import HoursCheckHandlers
from services.dispatch.hours_check.store import HoursChecks
from services.dispatch.position import api as position_api
from services.dispatch.position.handlers import PositionHandlers
from services.dispatch.position.store import Positions
from services.dispatch.replicas.store import Squads, Stations
from services.dispatch.responder import api as responder_api
from services.dispatch.responder import domain as responder
from services.dispatch.responder.handlers import ResponderHandlers
from services.dispatch.responder.store import Responders
from services.dispatch.selection.handlers import CandidateSearch
from services.dispatch.service_record import api as service_record_api
from services.dispatch.service_record.handlers import ServiceRecordHandlers
from services.dispatch.service_record.store import ServiceRecords
from services.dispatch.settings import DispatchSettings


def build(settings: DispatchSettings, name: str = "dispatch") -> Service:
    """`name` is also that of its database and of its consumer group."""
    service = Service(name, settings)
    store, clock = service.store, service.clock
    squads, stations = Squads(store), Stations(store)
    positions = Positions(settings.redis_url)
    responder_store, callout_store = Responders(store), Callouts(store)
    known = AvailabilityHandlers(Availability(positions), responder_store, callout_store, clock)
    search = CandidateSearch(known, positions, responder_store)

    responders = ResponderHandlers(responder_store, positions, callout_store.engagements, clock)
    callouts = CalloutHandlers(
        callout_store,
        EndedReports(store),
        responder_store,
        Claims(callout_store, known, search),
        search,
        clock,
    )
    waiting = WaitingCallouts(callout_store, callouts, search, clock)
    locating = PositionHandlers(positions, responders.may_send_positions, waiting.tell, clock)
    deadlines = Deadlines(callout_store, callouts, squads, clock)
    service_records = ServiceRecordHandlers(ServiceRecords(store), responder_store, stations)
    checks = HoursCheckHandlers(HoursChecks(store), clock)

    duty_map = DutyMapHandlers(responder_store, positions, stations, PositionAccesses(store), clock)

    service.provide(responders, locating, callouts, callout_store, stations)
    service.provide(service_records, checks, duty_map, DutyCounts(responder_store, stations))
    service.routes(duty_map_api.router, current_call_api.router)  # before `/callouts/{id}`
    service.routes(responder_api.router, position_api.router, callout_api.router)
    service.routes(service_record_api.router, hours_check_api.router)

    service.keeps(registration.SquadFormed, squads.keep_squad)
    service.keeps(registration.StationRegistered, stations.keep_station)
    service.keeps(registration.VolunteerStandingChanged, responders.apply_standing)
    service.on(registration.VolunteerStandingChanged, known.refresh, callouts.drop)
    service.on(registration.PersonErased, responders.erase, duty_map.erase)
    service.on(incidents.ReportRouted, callouts.open)
    service.on(incidents.ReportWithdrawn, callouts.end)
    service.on(incidents.ReportNotAccepted, callouts.end)
    service.on(incidents.ReportClosed, callouts.end)
    service.on(incidents.ReportResolved, callouts.end)
    service.on(incidents.ReportReturned, callouts.end)
    service.on(dispatch.DutyEnded, responders.forget_position, callouts.drop)
    _follow_volunteers(service, responders, known, waiting)
    service.on(dispatch.VolunteerFinished, service_records.credit, checks.open)
    service.on(dispatch.HoursChecked, service_records.credit_checked)

    service.restates(responder_store, responder.state)
    service.lingers(0.1, topics.DISPATCH, topics.REGISTRATION)
    service.starts(positions.ping, positions.close)
    service.starts(deadlines.adopt)
    service.checks.add("redis", positions.ping)
    service.runs_when_due("call-outs that are due", deadlines.run_due, callouts.schedule)
    service.runs("old searches", callouts.forget_searches, every=3600)
    service.runs("old looks at positions", duty_map.forget_accesses, every=3600)
    service.runs("silent volunteers", responders.check_silence, every=max(0.25, clock.seconds(30)))
    return service


def _follow_volunteers(
    service: Service,
    responders: ResponderHandlers,
    known: AvailabilityHandlers,
    waiting: WaitingCallouts,
) -> None:
    """Whoever becomes free is known to be before call-outs that wait learn of it."""
    service.on(dispatch.DutyStarted, known.refresh, waiting.on_free)
    service.on(dispatch.CalloutAccepted, responders.accept, known.refresh)
    service.on(dispatch.CalloutDeclined, responders.leave, known.refresh, waiting.on_free)
    service.on(dispatch.VolunteerMissed, responders.miss, known.refresh)
    service.on(dispatch.WaveLapsed, responders.leave, known.refresh, waiting.on_free)
    service.on(dispatch.WaveStoodDown, responders.leave, known.refresh, waiting.on_free)
    service.on(dispatch.VolunteerWithdrew, responders.leave, known.refresh, waiting.on_free)
    service.on(dispatch.VolunteerFinished, responders.leave, known.refresh, waiting.on_free)


service = build(DispatchSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
