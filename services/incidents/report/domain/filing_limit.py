"""How many reports one account may file, so that a flood reaches nobody."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.vocabulary import Danger
from services.incidents.policy import IncidentsPolicy

DAY = timedelta(days=1)
_TEN_MINUTES = timedelta(minutes=10)


def max_per_day(danger: Danger, policy: IncidentsPolicy) -> int:
    """A refused emergency is worse than a false one: more pass of those that tell of sure
    danger."""
    return policy.max_dangers_per_day if danger == "sure" else policy.max_reports_per_day


def _max_per_ten_minutes(danger: Danger, policy: IncidentsPolicy) -> int:
    if danger == "sure":
        return policy.max_dangers_per_ten_minutes
    return policy.max_reports_per_ten_minutes


def wait(
    filed: Sequence[datetime], danger: Danger, policy: IncidentsPolicy, now: datetime
) -> timedelta | None:
    """How long until the account may file one more report of this danger. None: it may now.

    `filed`: when it filed within the last day, the latest first, `max_per_day` at least if there
    are so many.
    """
    limits = (
        (_max_per_ten_minutes(danger, policy), _TEN_MINUTES),
        (max_per_day(danger, policy), DAY),
    )
    waits = [filed[most - 1] + span - now for most, span in limits if len(filed) >= most]
    return max((left for left in waits if left > timedelta()), default=None)
