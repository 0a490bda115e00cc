"""Rules for events of dispatch."""

from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutFilled,
    DutyEnded,
    DutySignAsked,
    HoursCredited,
    VolunteerArrived,
    WaveCalled,
    WaveStoodDown,
)
from services.notify.rules.domain.notification import (
    Accounts,
    Notification,
    RoleHolders,
    Rules,
    about_report,
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
    if event.reason == "off_duty":  # their own tap, or DutyEnded notifies them
        return None
    to, key = Accounts(event.volunteers), f"stand_down_{event.reason}"
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
    DutyEnded: duty_ended,
    DutySignAsked: duty_sign_asked,
    HoursCredited: hours_credited,
}
