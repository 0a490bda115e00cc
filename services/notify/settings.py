"""Settings of notify, beside those that every service has."""

from chassis.settings import Settings


class NotifySettings(Settings):
    keep_days: int = 180
    """How long messages stay in inboxes, in days of domain time."""
