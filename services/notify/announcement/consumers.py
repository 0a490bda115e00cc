"""Which events notify listens to."""

from chassis.bus import Subscription
from contracts import topics
from contracts.dispatch import (
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
from contracts.incidents import (
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
from contracts.registration import GrantsChanged, SessionRevoked, VolunteerStandingChanged
from services.notify.announcement.handlers import Announcer
from services.notify.recipient.handlers import RecipientHandlers
from services.notify.stream.handlers import Streams


def subscriptions(
    announcer: Announcer, recipients: RecipientHandlers, streams: Streams
) -> list[Subscription]:
    """By topic. Volunteers are told side by side, each in their own order (`lane`)."""
    dispatch = Subscription(topics.DISPATCH, lane="volunteer")
    dispatch.on(DutyStarted, recipients.on_duty_started).on(DutyEnded, recipients.on_duty_ended)
    for event in (
        VolunteerCalled,
        VolunteerStoodDown,
        CalloutEscalated,
        CalloutFilled,
        VolunteerArrived,
        DutySignAsked,
        HoursCredited,
    ):
        dispatch.on(event, announcer.tell)
    incidents = Subscription(topics.INCIDENTS).on(ReportFiled, announcer.on_filed)
    for event in (
        ReportRouted,
        ReportHandedOff,
        ReportEscalated,
        ReportReopened,
        ReportReturned,
        ReportAcknowledged,
        ReportResolved,
        ReportClosed,
        ReportNotAccepted,
    ):
        incidents.on(event, announcer.tell)
    registration = Subscription(topics.REGISTRATION).on(GrantsChanged, recipients.on_grants)
    registration.on(VolunteerStandingChanged, announcer.on_standing).on(
        SessionRevoked, streams.on_revoked
    )
    return [dispatch, incidents, registration]
