"""Figures of an area, and who may see them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chassis.domain import Frozen, Refusal
from contracts.access import Principal
from jinan.areas import covers

MAX_SPAN = timedelta(days=366)
DEFAULT_SPAN = timedelta(days=30)


class Figures(Frozen):
    """Of the reports filed in an area from `since` (inclusive) until `until` (exclusive). Counts by
    value; medians in minutes from filing, None where there is nothing to count."""

    area: str
    since: datetime
    until: datetime
    reports: int
    by_route: dict[str, int]
    by_category: dict[str, int]
    by_state: dict[str, int]
    by_end: dict[str, int]
    confirmed_by: dict[str, int]
    """`station`: the reporter stayed silent."""
    reopened: int
    minutes_to_accepted: float | None
    minutes_to_resolved: float | None


def may_see(who: Principal, area: str) -> bool:
    """City desk, officers and committees see all that their grant covers; others single communities
    within it.

    A resident's grant is the whole city, since nobody asks where they live.
    """
    for grant in who.grants_for("figures.read"):
        if not covers(grant.area, area):
            continue
        if grant.role in ("city_desk", "officer", "committee") or len(area) == 12:
            return True
    return False


def span(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The wanted span, by default the last 30 days. Raises Refusal for one that is too long or runs
    backwards."""
    end = until or now + timedelta(milliseconds=1)
    try:
        begin = since or end - DEFAULT_SPAN
        valid = timedelta(0) <= end - begin <= MAX_SPAN
    except OverflowError:
        valid, begin = False, end
    if not valid:
        raise Refusal("span_invalid", "query.from", days=MAX_SPAN.days)
    return begin, end


def median(minutes: Mapping[int, int]) -> float | None:
    """The median of values given as value -> frequency; None without any."""
    total = sum(minutes.values())
    if total == 0:
        return None
    middle = ((total - 1) // 2, total // 2)
    seen, found = 0, list[int]()
    for value in sorted(minutes):
        seen += minutes[value]
        while len(found) < 2 and middle[len(found)] < seen:
            found.append(value)
    return sum(found) / 2
