"""Which events notify listens to."""

from chassis.service import Service
from contracts.envelope import Event
from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutFilled,
    DutyEnded,
    DutySignAsked,
    DutyStarted,
    HoursCredited,
    VolunteerArrived,
    VolunteerCalled,
    VolunteerStoodDown,
)
from contracts.events.incidents import (
    ReportAcknowledged,
    ReportClosed,
    ReportEscalated,
    ReportFiled,
    ReportHandedOff,
    ReportNotAccepted,
    ReportReopened,
    ReportResolved,
    ReportReturned,
    ReportRouted,
)
from contracts.events.registration import GrantsChanged, SessionRevoked, VolunteerStandingChanged
from services.notify.announcement.handlers import Announcer
from services.notify.recipient.handlers import RecipientHandlers
from services.notify.stream.handlers import Streams


def subscribe(
    service: Service, announcer: Announcer, recipients: RecipientHandlers, streams: Streams
) -> None:
    service.on(DutyStarted, recipients.on_duty_started)
    service.on(DutyEnded, recipients.on_duty_ended)
    service.on(GrantsChanged, recipients.on_grants)
    service.on(VolunteerStandingChanged, announcer.on_standing)
    service.on(SessionRevoked, streams.on_revoked)
    service.on(ReportFiled, announcer.on_filed)
    told: tuple[type[Event], ...] = (
        VolunteerCalled,
        VolunteerStoodDown,
        CalloutEscalated,
        CalloutFilled,
        VolunteerArrived,
        DutySignAsked,
        HoursCredited,
        ReportRouted,
        ReportHandedOff,
        ReportEscalated,
        ReportReopened,
        ReportReturned,
        ReportAcknowledged,
        ReportResolved,
        ReportClosed,
        ReportNotAccepted,
    )
    for event in told:
        service.on(event, announcer.tell)
