"""The topics: one for each publisher, and what stands beside each."""

REGISTRATION = "registration.events"
INCIDENTS = "incidents.events"
DISPATCH = "dispatch.events"
NOTIFY = "notify.events"

TOPICS = (REGISTRATION, INCIDENTS, DISPATCH, NOTIFY)


def dead(topic: str) -> str:
    """The dead-letter topic of a topic: messages that could not be applied, with the reason in
    their headers."""
    return f"{topic}.dead"


def state(topic: str) -> str:
    """The snapshot topic of a topic: compacted, the last message of each aggregate's state is kept
    for ever. A new reader begins there; what happened before is not on the topic itself any
    more."""
    return f"{topic}.state"
