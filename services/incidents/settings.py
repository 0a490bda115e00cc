"""Settings of incidents: those of every service, and the secret that anonymous reporters' keys are
made with."""

from chassis.settings import Settings


class IncidentsSettings(Settings):
    """`field_key`: 64 hex digits, the same on all replicas. Empty: a random one for this process,
    for trials only."""

    field_key: str = ""
