"""Settings of dispatch: those that every service has."""

from chassis.settings import Settings


class DispatchSettings(Settings):
    """See `chassis.settings.Settings`; positions and presence are in `REDIS_URL`, all else in
    MongoDB."""
