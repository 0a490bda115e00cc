"""Whose figures somebody may see, and the median of counted minutes. Pure."""

from collections.abc import Mapping
from typing import Protocol

from contracts.access import Grant, Permission
from jinan.areas import covers


class Asking(Protocol):
    """Who asks, as far as this goes by it: the grants that hold a permission."""

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]: ...


def may_see(who: Asking, area: str) -> bool:
    """The city desk, officers and committees: what their grant covers. Others: single communities
    that theirs covers.

    A resident's grant is the whole city, since where they live is not asked; figures hold no
    persons.
    """
    for grant in who.grants_for("figures.read"):
        if not covers(grant.area, area):
            continue
        if grant.role in ("city_desk", "officer", "committee") or len(area) == 12:
            return True
    return False


def median(minutes: Mapping[int, int]) -> float | None:
    """The median of values given as value -> how often; None of nothing."""
    total = sum(minutes.values())
    if total == 0:
        return None
    wanted = ((total - 1) // 2, total // 2)
    seen, found = 0, list[int]()
    for value in sorted(minutes):
        seen += minutes[value]
        while len(found) < 2 and wanted[len(found)] < seen:
            found.append(value)
    return sum(found) / 2
