"""What dispatch tells of call-outs, for the reports they answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import structlog

from chassis.errors import NotFound
from chassis.kafka.subscriptions import Message
from chassis.service import Service
from contracts.events import dispatch
from services.incidents.report import callout
from services.incidents.report.domain import Report
from services.incidents.report.filing import Decision
from services.incidents.report.store import Reports

log = structlog.get_logger()
E = TypeVar("E", bound=dispatch.CalloutEvent)
Decide = Callable[[Report, E, datetime], Decision | None]


def subscribe(service: Service, reports: Reports) -> None:
    def step(decide: Decide[E]) -> Callable[[E, Message], Awaitable[None]]:
        async def handle(event: E, message: Message) -> None:
            try:
                await reports.change(
                    event.report, lambda r: decide(r, event, service.clock.now()), message.cause
                )
            except NotFound:
                log.warning("call-out of a report that is not here", type=type(event).__name__)

        return handle

    service.on(dispatch.CalloutOpened, step(_opened))
    service.on(dispatch.CalloutAccepted, step(_accepted))
    service.on(dispatch.VolunteerArrived, step(_arrived))
    service.on(dispatch.VolunteerWithdrew, step(_withdrew))
    service.on(dispatch.VolunteerStoodDown, step(_stood_down))
    service.on(dispatch.CalloutDone, step(_done))
    service.on(dispatch.CalloutEscalated, step(_escalated))


def _opened(report: Report, event: dispatch.CalloutOpened, now: datetime) -> Decision | None:
    return callout.called(report, event.round, now)


def _accepted(report: Report, event: dispatch.CalloutAccepted, now: datetime) -> Decision | None:
    return callout.accepted(report, event.round, event.volunteer, event.squad, now)


def _arrived(report: Report, event: dispatch.VolunteerArrived, now: datetime) -> Decision | None:
    return callout.arrived(report, event.round, event.volunteer, now)


def _withdrew(report: Report, event: dispatch.VolunteerWithdrew, _: datetime) -> Decision | None:
    return callout.left(report, event.round, event.volunteer)


def _stood_down(report: Report, event: dispatch.VolunteerStoodDown, _: datetime) -> Decision | None:
    return callout.left(report, event.round, event.volunteer)


def _done(report: Report, event: dispatch.CalloutDone, now: datetime) -> Decision | None:
    return callout.done(report, event.round, event.outcome, now)


def _escalated(report: Report, event: dispatch.CalloutEscalated, now: datetime) -> Decision | None:
    return callout.escalated(report, event.round, event.why, now) if event.to == "station" else None
