"""Who is told what about which event. Pure: an event in, at most one announcement out.

Texts come from the catalogue and closed vocabularies alone; nothing that a person typed can get
into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatch

from contracts.envelope import Event
from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutEvent,
    CalloutFilled,
    DutyEnded,
    DutySignAsked,
    HoursCredited,
    VolunteerArrived,
    VolunteerCalled,
    VolunteerStoodDown,
)
from contracts.events.incidents import (
    ReportAcknowledged,
    ReportClosed,
    ReportEscalated,
    ReportEvent,
    ReportHandedOff,
    ReportNotAccepted,
    ReportReopened,
    ReportResolved,
    ReportReturned,
    ReportRouted,
)
from contracts.events.registration import VolunteerStandingChanged
from contracts.texts import LocalizedText, text
from contracts.vocabulary import Role
from jinan.divisions import name_of
from services.notify.inbox.domain import Kind, Words


@dataclass(frozen=True)
class People:
    """These accounts."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Holders:
    """Everyone who holds the role in an area that covers `area`, but not who caused it."""

    role: Role
    area: str
    but_not: str | None = None


@dataclass(frozen=True)
class ReporterOf:
    """Who filed the report, if that is known and not anonymous."""

    report: str


Audience = People | Holders | ReporterOf


@dataclass(frozen=True)
class Announcement:
    kind: Kind
    to: Audience
    title: Words
    body: Words
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


def words(key: str, values: Mapping[str, LocalizedText | str | int]) -> Words:
    """The catalogue's text with each value in its own language."""
    zh = {
        name: value.zh if isinstance(value, LocalizedText) else value
        for name, value in values.items()
    }
    en = {
        name: value.en if isinstance(value, LocalizedText) else value
        for name, value in values.items()
    }
    return Words(zh=text(f"message.{key}", **zh).zh, en=text(f"message.{key}", **en).en)


def _about(
    event: CalloutEvent | ReportEvent,
    kind: Kind,
    to: Audience,
    key: str,
    *,
    expires_at: datetime | None = None,
    data: Mapping[str, str | int] | None = None,
    values: Mapping[str, LocalizedText | int] | None = None,
) -> Announcement:
    filled: dict[str, LocalizedText | str | int] = {
        "category": text(f"category.{event.category}"),
        "area": name_of(event.area),
        **(values or {}),
    }
    return Announcement(
        kind=kind,
        to=to,
        title=words(f"{key}_title", filled),
        body=words(f"{key}_body", filled),
        report=event.report,
        callout=event.callout if isinstance(event, CalloutEvent) else None,
        area=event.area,
        expires_at=expires_at,
        data={
            "event": type(event).__name__,
            "category": event.category,
            "area": event.area,
            **(data or {}),
        },
    )


def _personal(
    event: Event,
    kind: Kind,
    person: str,
    key: str,
    data: dict[str, str | int],
    expires_at: datetime | None = None,
) -> Announcement:
    return Announcement(
        kind=kind,
        to=People((person,)),
        title=words(f"{key}_title", data),
        body=words(f"{key}_body", data),
        expires_at=expires_at,
        data={"event": type(event).__name__, **data},
    )


@singledispatch
def announce(event: Event) -> Announcement | None:
    """What is to be said about the event; None where nobody needs to hear of it."""
    return None


@announce.register
def _(event: VolunteerCalled) -> Announcement:
    data: dict[str, str | int] = {
        "urgency": event.urgency,
        "wave": event.wave,
        "distance_m": event.distance_m,
        "people_needed": event.people_needed,
        "round": event.round,
        "by_hand": event.by_hand,
    }
    return _about(
        event,
        "alert",
        People((event.volunteer,)),
        "alert",
        expires_at=event.expires_at,
        data=data,
        values={"distance": event.distance_m, "people": event.people_needed},
    )


@announce.register
def _(event: VolunteerStoodDown) -> Announcement | None:
    if event.reason == "off_duty":  # their own doing, or told by DutyEnded
        return None
    to, data = People((event.volunteer,)), {"reason": event.reason}
    return _about(event, "stand_down", to, f"stand_down_{event.reason}", data=data)


@announce.register
def _(event: CalloutEscalated) -> Announcement:
    to = People(event.leaders) if event.to == "leader" else Holders("officer", event.area)
    data: dict[str, str | int] = {
        "to": event.to,
        "why": event.why,
        "accepted": event.accepted,
        "people_needed": event.people_needed,
    }
    return _about(
        event,
        "escalation",
        to,
        f"escalation_{event.why}",
        data=data,
        values={"people": event.people_needed, "accepted": event.accepted},
    )


@announce.register
def _(event: CalloutFilled) -> Announcement:
    people = {"people": len(event.volunteers)}
    return _about(event, "progress", ReporterOf(event.report), "filled", data=people, values=people)


@announce.register
def _(event: VolunteerArrived) -> Announcement:
    return _about(event, "progress", ReporterOf(event.report), "arrived")


@announce.register
def _(event: DutyEnded) -> Announcement | None:
    if event.reason not in (
        "no_sign",
        "shift_end",
    ):  # their own tap, or told by the change of standing
        return None
    return _personal(event, "notice", event.volunteer, f"duty_{event.reason}", {})


@announce.register
def _(event: DutySignAsked) -> Announcement:
    return _personal(
        event, "notice", event.volunteer, "duty_sign_asked", {}, expires_at=event.until
    )


@announce.register
def _(event: HoursCredited) -> Announcement:
    data: dict[str, str | int] = {"day": event.day.isoformat(), "minutes": event.minutes}
    return _personal(event, "progress", event.volunteer, "hours", data)


@announce.register
def _(event: ReportRouted) -> Announcement | None:
    if (
        event.route != "committee"
    ):  # volunteers are called by dispatch, the police by ReportHandedOff
        return None
    data: dict[str, str | int] = {"urgency": event.urgency, "round": event.round}
    return _about(
        event, "notice", Holders("committee", event.area, event.reporter), "committee", data=data
    )


@announce.register
def _(event: ReportHandedOff) -> Announcement:
    return _to_station(event, "handed_off", data={"urgency": event.urgency})


@announce.register
def _(event: ReportEscalated) -> Announcement | None:
    if event.why != "overdue":  # CalloutEscalated said so already, with how many are missing
        return None
    return _to_station(event, "overdue", data={"why": event.why})


@announce.register
def _(event: ReportReopened) -> Announcement:
    return _to_station(
        event, "reopened", data={"round": event.round}, values={"round": event.round}
    )


@announce.register
def _(event: ReportReturned) -> Announcement:
    return _to_station(event, "returned", data={"returned_by": event.returned_by})


@announce.register
def _(event: ReportAcknowledged) -> Announcement | None:
    return _to_reporter(event, "progress", "acknowledged")


@announce.register
def _(event: ReportResolved) -> Announcement | None:
    data: dict[str, str | int] = {"outcome": event.outcome, "resolved_by": event.resolved_by}
    return _to_reporter(
        event,
        "outcome",
        "resolved",
        data=data,
        values={"outcome": text(f"outcome.{event.outcome}")},
    )


@announce.register
def _(event: ReportClosed) -> Announcement | None:
    return _to_reporter(
        event, "outcome", f"closed_{event.end}", data={"end": event.end, "route": event.route}
    )


@announce.register
def _(event: ReportNotAccepted) -> Announcement | None:
    return _to_reporter(event, "outcome", "not_accepted")


@announce.register
def _(event: VolunteerStandingChanged) -> Announcement | None:
    """Call it for a change of `standing` only: the event repeats it when skills or squad change."""
    if event.standing == "applied":  # their own doing
        return None
    key = f"standing_{event.standing}"
    return _personal(event, "notice", event.volunteer, key, {"standing": event.standing})


def _to_station(
    event: ReportEvent,
    key: str,
    data: dict[str, str | int],
    values: Mapping[str, int] | None = None,
) -> Announcement:
    return _about(
        event,
        "escalation",
        Holders("officer", event.area, event.reporter),
        key,
        data=data,
        values=values,
    )


def _to_reporter(
    event: ReportEvent,
    kind: Kind,
    key: str,
    data: dict[str, str | int] | None = None,
    values: Mapping[str, LocalizedText] | None = None,
) -> Announcement | None:
    if event.reporter is None:  # anonymous: they follow by number
        return None
    return _about(event, kind, People((event.reporter,)), key, data=data, values=values)
