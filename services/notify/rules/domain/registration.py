"""Rules for events of registration."""

from contracts.events.registration import (
    ApplicationOverdue,
    GrantProposalLapsed,
    VolunteerProposalLapsed,
    VolunteerStandingChanged,
    WatchOffered,
)
from jinan.divisions import name_of
from services.notify.rules.domain.notification import (
    Accounts,
    GrantHolders,
    Notification,
    Rules,
    local_time,
    localized,
    personal,
)


def standing_changed(event: VolunteerStandingChanged) -> Notification | None:
    if event.standing in ("applied", "withdrawn", "left"):  # their own doing
        return None
    key = "application_lapsed" if event.lapsed else f"standing_{event.standing}"
    data = {"standing": event.standing}
    return personal(event, "notice", event.volunteer, key, data=data)


def watch_offered(event: WatchOffered) -> Notification:
    values = {"area": name_of(event.area)}
    return Notification(
        kind="notice",
        to=Accounts((event.to,)),
        title=localized("watch_offered_title", values),
        body=localized("watch_offered_body", values),
        area=event.area,
        data={"event": type(event).__name__, "watch": event.watch, "area": event.area},
    )


def application_overdue(event: ApplicationOverdue) -> Notification:
    values = {"area": name_of(event.area), "at": local_time(event.applied_at)}
    return Notification(
        kind="notice",
        to=Accounts(event.to) if event.to else GrantHolders("officer", event.level),
        title=localized("application_overdue_title", values),
        body=localized("application_overdue_body", values),
        area=event.area,
        data={"event": type(event).__name__, "volunteer": event.volunteer, "area": event.area},
    )


def volunteer_proposal_lapsed(event: VolunteerProposalLapsed) -> Notification:
    data = {"volunteer": event.volunteer, "what": event.what}
    return personal(event, "notice", event.by, "volunteer_proposal_lapsed", data=data)


def grant_proposal_lapsed(event: GrantProposalLapsed) -> Notification:
    data = {"proposal": event.proposal, "role": event.role}
    return personal(event, "notice", event.by, "grant_proposal_lapsed", data=data)


RULES: Rules = {
    ApplicationOverdue: application_overdue,
    GrantProposalLapsed: grant_proposal_lapsed,
    VolunteerProposalLapsed: volunteer_proposal_lapsed,
    VolunteerStandingChanged: standing_changed,
    WatchOffered: watch_offered,
}
