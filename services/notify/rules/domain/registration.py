"""Rules for events of registration."""

from contracts.events.registration import VolunteerStandingChanged
from services.notify.rules.domain.notification import Notification, Rules, personal


def standing_changed(event: VolunteerStandingChanged) -> Notification | None:
    if event.standing == "applied":  # their own doing
        return None
    key, data = f"standing_{event.standing}", {"standing": event.standing}
    return personal(event, "notice", event.volunteer, key, data=data)


RULES: Rules = {VolunteerStandingChanged: standing_changed}
