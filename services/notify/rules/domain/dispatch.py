"""Rules for events of dispatch."""

from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutFilled,
    DutyEnded,
    DutySignAsked,
    HoursCredited,
    VolunteerArrived,
    VolunteerCalled,
    VolunteerStoodDown,
)
from services.notify.rules.domain.notification import (
    Accounts,
    Notification,
    ReporterOf,
    RoleHolders,
    Rules,
    about_report,
    personal,
)


def called(event: VolunteerCalled) -> Notification:
    return about_report(
        event,
        "alert",
        Accounts((event.volunteer,)),
        "alert",
        expires_at=event.expires_at,
        data={
            "urgency": event.urgency,
            "wave": event.wave,
            "distance_m": event.distance_m,
            "people_needed": event.people_needed,
            "round": event.round,
            "by_hand": event.by_hand,
        },
        values={"distance": event.distance_m, "people": event.people_needed},
    )


def stood_down(event: VolunteerStoodDown) -> Notification | None:
    if event.reason == "off_duty":  # their own tap, or DutyEnded notifies them
        return None
    to, key = Accounts((event.volunteer,)), f"stand_down_{event.reason}"
    return about_report(event, "stand_down", to, key, data={"reason": event.reason})


def callout_escalated(event: CalloutEscalated) -> Notification:
    leaders = event.to == "leader"
    return about_report(
        event,
        "escalation",
        Accounts(event.leaders) if leaders else RoleHolders("officer", event.area),
        f"escalation_{event.why}",
        data={
            "to": event.to,
            "why": event.why,
            "accepted": event.accepted,
            "people_needed": event.people_needed,
        },
        values={"people": event.people_needed, "accepted": event.accepted},
    )


def filled(event: CalloutFilled) -> Notification:
    people, to = {"people": len(event.volunteers)}, ReporterOf(event.report)
    return about_report(event, "progress", to, "filled", data=people, values=people)


def arrived(event: VolunteerArrived) -> Notification:
    return about_report(event, "progress", ReporterOf(event.report), "arrived")


def duty_ended(event: DutyEnded) -> Notification | None:
    # Else it was their own tap, or a suspension, of which VolunteerStandingChanged notifies them.
    if event.reason not in ("no_sign", "shift_end"):
        return None
    return personal(event, "notice", event.volunteer, f"duty_{event.reason}")


def duty_sign_asked(event: DutySignAsked) -> Notification:
    return personal(event, "notice", event.volunteer, "duty_sign_asked", expires_at=event.until)


def hours_credited(event: HoursCredited) -> Notification:
    data = {"day": event.day.isoformat(), "minutes": event.minutes}
    return personal(event, "progress", event.volunteer, "hours", data=data)


RULES: Rules = {
    VolunteerCalled: called,
    VolunteerStoodDown: stood_down,
    CalloutEscalated: callout_escalated,
    CalloutFilled: filled,
    VolunteerArrived: arrived,
    DutyEnded: duty_ended,
    DutySignAsked: duty_sign_asked,
    HoursCredited: hours_credited,
}
