"""dispatch: who is on duty where, who is called to what, and the hours that are due to them."""

from chassis.service import Service
from contracts.events import dispatch, incidents, registration
from services.dispatch.callout import api as callout_api
from services.dispatch.callout.by_hand import HandCalls
from services.dispatch.callout.consumers import CalloutConsumers
from services.dispatch.callout.deadlines import Deadlines
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts, Decisions, EndedReports
from services.dispatch.callout.waves import Lookout
from services.dispatch.callout.why_handlers import WhyHandlers
from services.dispatch.duty import api as duty_api
from services.dispatch.duty.consumers import DutyConsumers
from services.dispatch.duty.handlers import DutyHandlers
from services.dispatch.position import api as position_api
from services.dispatch.position.handlers import PositionHandlers
from services.dispatch.position.store import Positions
from services.dispatch.responder.consumers import ResponderConsumers
from services.dispatch.responder.handlers import ResponderHandlers
from services.dispatch.responder.store import Responders
from services.dispatch.service_record import api as service_record_api
from services.dispatch.service_record.consumers import ServiceRecordConsumers
from services.dispatch.service_record.handlers import ServiceRecordHandlers
from services.dispatch.service_record.store import ServiceRecords
from services.dispatch.settings import DispatchSettings
from services.dispatch.squad.consumers import SquadConsumers
from services.dispatch.squad.store import Squads, Stations


def build(settings: DispatchSettings) -> Service:
    service = Service("dispatch", settings)
    store, clock = service.store, service.clock
    positions = Positions(settings.redis_url)
    responders, callouts, records = Responders(store), Callouts(store), ServiceRecords(store)
    squads, stations, decisions = Squads(store), Stations(store), Decisions(store)

    lookout = Lookout(responders, positions, decisions)
    responder = ResponderHandlers(responders, positions, clock)
    duty = DutyHandlers(responders, positions, clock)
    callout = CalloutHandlers(callouts, EndedReports(store), responders, lookout, clock)
    record = ServiceRecordHandlers(records, clock)
    deadlines = Deadlines(callouts, callout, lookout, squads, clock)

    service.provide(duty, callout, record, callouts, responders, stations)
    service.provide(PositionHandlers(positions, responders, clock), WhyHandlers(decisions))
    service.provide(HandCalls(callout, responders, lookout, clock))
    service.routes(
        duty_api.router, position_api.router, callout_api.router, service_record_api.router
    )

    by_report, by_duty = CalloutConsumers(callout), DutyConsumers(duty, responder, callout)
    by_squad, by_answer = SquadConsumers(squads, stations), ResponderConsumers(responder)
    by_hours = ServiceRecordConsumers(record)
    service.on(incidents.ReportRouted, by_report.on_routed)
    service.on(incidents.ReportWithdrawn, by_report.on_withdrawn)
    service.on(incidents.ReportNotAccepted, by_report.on_not_accepted)
    service.on(incidents.ReportClosed, by_report.on_closed)
    service.on(incidents.ReportResolved, by_report.on_resolved)
    service.on(registration.VolunteerStandingChanged, by_duty.on_standing)
    service.on(registration.SquadFormed, by_squad.on_squad)
    service.on(registration.StationRegistered, by_squad.on_station)
    service.on(dispatch.DutyEnded, by_duty.on_ended)
    service.on(dispatch.CalloutAccepted, by_answer.on_accepted)
    service.on(dispatch.CalloutDeclined, by_answer.on_left)
    service.on(dispatch.CallTimedOut, by_answer.on_left)
    service.on(dispatch.VolunteerStoodDown, by_answer.on_left)
    service.on(dispatch.VolunteerWithdrew, by_answer.on_left)
    service.on(dispatch.VolunteerFinished, by_answer.on_left, by_hours.on_finished)
    service.starts(positions.ping, positions.close)
    service.checks.add("redis", positions.ping)
    service.runs("call-outs that are due", deadlines.look, every=0.0)
    service.runs("signs of those on duty", duty.look_for_signs, every=max(0.25, clock.seconds(30)))
    return service


service = build(DispatchSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
