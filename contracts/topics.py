"""The topics: one for each publisher."""

REGISTRATION = "registration.events"
INCIDENTS = "incidents.events"
DISPATCH = "dispatch.events"
NOTIFY = "notify.events"

TOPICS = (REGISTRATION, INCIDENTS, DISPATCH, NOTIFY)


def dead(topic: str) -> str:
    """The dead-letter topic of a topic: messages that could not be applied, with the reason in
    their headers."""
    return f"{topic}.dead"
