"""Rules for events of dispatch."""

from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutFilled,
    DutyEnded,
    DutySignAsked,
    HoursCredited,
    VolunteerArrived,
    VolunteerMissed,
    VolunteerOverdue,
    VolunteerSignAsked,
    WaveCalled,
    WaveStoodDown,
)
from services.notify.rules.domain.notification import (
    Accounts,
    Notification,
    Rules,
    about_report,
    local_time,
    personal,
    to_reporter,
)


def called(event: WaveCalled) -> Notification:
    distances = {one.volunteer: {"distance_m": one.distance_m} for one in event.called}
    return about_report(
        event,
        "alert",
        Accounts(tuple(distances), distances),
        "alert",
        expires_at=event.expires_at,
        data={
            "urgency": event.urgency,
            "wave": event.wave,
            "people_needed": event.people_needed,
            "round": event.round,
            "by_hand": event.by_hand,
        },
        values={"people": event.people_needed},
    )


def stood_down(event: WaveStoodDown) -> Notification | None:
    # Off duty: their own tap, or DutyEnded notifies them. No sign: VolunteerMissed does.
    if event.reason in ("off_duty", "no_sign"):
        return None
    to, key = Accounts(event.volunteers), f"stand_down_{event.reason}"
    return about_report(event, "stand_down", to, key, data={"reason": event.reason})


def callout_escalated(event: CalloutEscalated) -> Notification | None:
    if event.to == "station":  # ReportReferred asks whoever has the watch
        return None
    return about_report(
        event,
        "escalation",
        Accounts(event.leaders),
        f"escalation_{event.why}",
        data={
            "to": event.to,
            "why": event.why,
            "accepted": event.accepted,
            "people_needed": event.people_needed,
        },
        values={"people": event.people_needed, "accepted": event.accepted},
    )


def sign_asked(event: VolunteerSignAsked) -> Notification:
    return about_report(
        event,
        "notice",
        Accounts((event.volunteer,)),
        f"sign_asked_{event.about}",
        data={"about": event.about, "until": event.until.isoformat()},
        values={"until": local_time(event.until)},
        expires_at=event.until,
    )


def overdue(event: VolunteerOverdue) -> Notification:
    return about_report(
        event,
        "escalation",
        Accounts(event.leaders),
        f"volunteer_overdue_{event.about}",
        data={"about": event.about, "volunteer": event.volunteer},
        values={"until": local_time(event.until)},
    )


def missed(event: VolunteerMissed) -> Notification:
    kind = "notice" if event.about == "finish" else "stand_down"
    to, key = Accounts((event.volunteer,)), f"missed_{event.about}"
    return about_report(event, kind, to, key, data={"about": event.about})


def filled(event: CalloutFilled) -> Notification | None:
    people = {"people": len(event.volunteers)}
    return to_reporter(event, "progress", "filled", data=people, values=people)


def arrived(event: VolunteerArrived) -> Notification | None:
    return to_reporter(event, "progress", "arrived")


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
    WaveCalled: called,
    WaveStoodDown: stood_down,
    CalloutEscalated: callout_escalated,
    CalloutFilled: filled,
    VolunteerArrived: arrived,
    VolunteerSignAsked: sign_asked,
    VolunteerOverdue: overdue,
    VolunteerMissed: missed,
    DutyEnded: duty_ended,
    DutySignAsked: duty_sign_asked,
    HoursCredited: hours_credited,
}
