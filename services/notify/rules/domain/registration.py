"""Rules for events of registration."""

from contracts.events.registration import VolunteerStandingChanged, WatchOffered
from jinan.divisions import name_of
from services.notify.rules.domain.notification import (
    Accounts,
    Notification,
    Rules,
    localized,
    personal,
)


def standing_changed(event: VolunteerStandingChanged) -> Notification | None:
    if event.standing in ("applied", "withdrawn", "left"):  # their own doing
        return None
    key, data = f"standing_{event.standing}", {"standing": event.standing}
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


RULES: Rules = {VolunteerStandingChanged: standing_changed, WatchOffered: watch_offered}
