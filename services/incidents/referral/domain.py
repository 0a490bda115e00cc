"""Who has to look at a report now, and who is asked next until somebody acknowledges.

The holder of the watch of the smallest area that has one is asked first: the street's, the
district's, the city's. Without an acknowledgement all officers of that area are asked, then the
next larger area. The city's watch is never empty: while nobody holds it, every officer of the city
is on it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from chassis.domain import Frozen
from contracts.vocabulary import ReferralReason, Urgency
from jinan.areas import CITY, containing
from services.incidents.policy import IncidentsPolicy

Holders = Mapping[str, str]
"""Area -> the account that holds its watch now; areas without a holder are left out."""


class Referral(Frozen):
    """Why somebody has to look, and who is asked. `level` is the area that is asked, "" before
    anybody was; `to` its watch's holder, None while all its officers are asked."""

    why: ReferralReason
    urgency: Urgency
    since: datetime
    level: str = ""
    to: str | None = None
    told: tuple[str, ...] = ()
    """Who was asked at this level by name."""
    step: int = 0
    """How often somebody was asked. 0: nobody yet, which is due at once."""
    next_at: datetime | None
    """When the next step is due. None: acknowledged."""
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None

    from_district: bool = False
    """The street is passed over: it had its turns."""

    @classmethod
    def begun(
        cls,
        why: ReferralReason,
        urgency: Urgency,
        now: datetime,
        *,
        from_district: bool = False,
    ) -> Self:
        """Nobody is asked yet: `next_step` says who is."""
        return cls(why=why, urgency=urgency, since=now, next_at=now, from_district=from_district)

    @property
    def open(self) -> bool:
        """Nobody has acknowledged it yet."""
        return self.acknowledged_at is None

    def levels(self, area: str) -> tuple[str, ...]:
        """The areas whose watches answer for `area`, the smallest first."""
        longest = 6 if self.from_district else 9
        return tuple(level for level in reversed(containing(area)) if len(level) <= longest)


def next_step(
    referral: Referral, area: str, holders: Holders, policy: IncidentsPolicy, now: datetime
) -> Referral | None:
    """Who is asked now. None before `next_at`, and once it is acknowledged."""
    if not referral.open or referral.next_at is None or now < referral.next_at:
        return None
    if referral.step == 0:
        return _ask_holder(referral, referral.levels(area), holders, policy, now)
    if referral.to is not None:
        return _ask_everybody(referral, referral.level, policy, now)
    larger = tuple(level for level in referral.levels(area) if len(level) < len(referral.level))
    if larger:
        return _ask_holder(referral, larger, holders, policy, now)
    # Once more, until somebody answers.
    return _ask_everybody(referral.with_(told=()), CITY, policy, now)


def watch_changed(
    referral: Referral,
    area: str,
    changed: str,
    holders: Holders,
    policy: IncidentsPolicy,
    now: datetime,
) -> Referral | None:
    """The watch of `changed` was taken, handed over, or has ended: who holds it now is asked, one
    person. None where the same person is asked as before, and where everybody of the level is asked
    already. Other watches below the level had their turn, and are not asked again."""
    if not referral.open or referral.step == 0:
        return None
    longest = len(referral.level)
    levels = tuple(
        level for level in referral.levels(area) if len(level) <= longest or level == changed
    )
    smallest = next((level for level in levels if level in holders), CITY)
    if referral.to is None and len(smallest) <= len(referral.level):
        return None
    if (referral.level, referral.to) == (smallest, holders.get(smallest)):
        return None
    if holders.get(smallest) in referral.told and smallest == referral.level:
        return referral.with_(
            to=holders[smallest], next_at=now + policy.acknowledge_within(referral.urgency)
        )
    return _ask_holder(referral, levels, holders, policy, now)


def acknowledge(referral: Referral, by: str, now: datetime) -> Referral | None:
    """The first to acknowledge answers for it. None if somebody has already."""
    if not referral.open:
        return None
    return referral.with_(acknowledged_by=by, acknowledged_at=now, next_at=None)


def _ask_holder(
    referral: Referral,
    levels: tuple[str, ...],
    holders: Holders,
    policy: IncidentsPolicy,
    now: datetime,
) -> Referral:
    level = next((level for level in levels if level in holders), None)
    if level is None:
        return _ask_everybody(referral, CITY, policy, now)
    told = (*(referral.told if level == referral.level else ()), holders[level])
    return referral.with_(
        level=level,
        to=holders[level],
        told=told,
        step=referral.step + 1,
        next_at=now + policy.acknowledge_within(referral.urgency),
    )


def _ask_everybody(
    referral: Referral, level: str, policy: IncidentsPolicy, now: datetime
) -> Referral:
    told = referral.told if level == referral.level else ()
    last = level == CITY
    wait = policy.referral_repeat_after_s if last else policy.referral_next_level_after_s
    return referral.with_(
        level=level,
        to=None,
        told=told,
        step=referral.step + 1,
        next_at=now + timedelta(seconds=wait),
    )
