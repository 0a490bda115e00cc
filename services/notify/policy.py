"""What decides in notify, with versions: `policy.toml`."""

from pathlib import Path

from chassis.domain import Policies, Policy
from contracts.vocabulary import MessageKind


class NotifyPolicy(Policy):
    """Seconds are of a wall clock, days of domain time."""

    message_days: int
    hold_back_off_duty: frozenset[MessageKind]
    hold_back_expired: frozenset[MessageKind]
    resend_after_s: float
    catch_up_s: float
    streams_per_person: int


POLICIES = Policies(NotifyPolicy, Path(__file__).with_name("policy.toml").read_text("utf-8"))
