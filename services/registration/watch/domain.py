"""The duty of answering for an area now: free, held for some hours, offered to another officer,
lapsed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Decision, Refusal
from contracts.access import PERMISSIONS
from contracts.envelope import Event
from jinan.areas import covers
from jinan.divisions import kind_of, names
from services.registration.account.domain import Account
from services.registration.policy import RegistrationPolicy
from services.registration.watch import events

WatchState = TypeAliasType("WatchState", Literal["free", "held", "offered", "lapsed"])
_ALWAYS = datetime.max.replace(tzinfo=UTC)


class Watch(Aggregate):
    """`by` holds it until `until`, and has offered it `to`. Of one that lapsed `until` is when it
    did."""

    area: str
    by: str | None = None
    until: datetime | None = None
    to: str | None = None

    @property
    def state(self) -> WatchState:
        """As stored: `at` says what it is now."""
        if self.by is None:
            return "free" if self.until is None else "lapsed"
        return "held" if self.to is None else "offered"

    def at(self, now: datetime) -> "Watch":
        """What it is now, also where the step that lets it lapse has not run yet."""
        lapsed = lapse(self, now)
        return self if lapsed is None else lapsed[0]


def watch_of(area: str) -> Watch | None:
    """The watch of an area, free; None for what is no street, district or city of Jinan."""
    if area not in names() or kind_of(area) == "community":
        return None
    return Watch(id=f"wat_{area}", area=area)


def holds_until(account: Account | None, area: str, now: datetime) -> datetime | None:
    """Until when their grants let them hold the watch of the area; `datetime.max` where nothing
    ends. None: they may not hold it now."""
    ends = [
        grant.until or _ALWAYS
        for grant in (account.grants_at(now) if account else ())
        if grant.role in PERMISSIONS["watch.hold"] and covers(grant.area, area)
    ]
    return max(ends, default=None)


def take(
    watch: Watch, who: Account | None, policy: RegistrationPolicy, now: datetime
) -> Decision[Watch] | None:
    """None for who holds it already. Raises Refusal while somebody else does, and for who may not
    hold it any more, whatever their token says."""
    until = _until(watch, who, policy, now)
    ended = lapse(watch, now)
    current, before = ended or (watch, ())
    if current.by == until.who:
        return None
    if current.by is not None:
        raise Refusal("watch_held")
    taken = current.with_(by=until.who, until=until.at)
    return taken, [*before, events.taken(taken.id, taken.area, until.who, until.at)]


def offer(watch: Watch, who: str, to: Account | None, now: datetime) -> Decision[Watch] | None:
    """To one officer at a time: the last offer counts. None if it is offered to them already.

    Raises Refusal for who does not hold it, and for who may not hold it next.
    """
    current = watch.at(now)
    if current.by != who:
        raise Refusal("watch_not_yours")
    if to is None or to.id == who or holds_until(to, watch.area, now) is None:
        raise Refusal("watch_to_nobody", "body.to")
    if current.to == to.id:
        return None
    offered = current.with_(to=to.id)
    return offered, [events.offered(offered.id, offered.area, who, to.id)]


def accept(
    watch: Watch, who: Account | None, policy: RegistrationPolicy, now: datetime
) -> Decision[Watch] | None:
    """A new watch begins. None for who holds it already; raises Refusal for who was not offered
    it or may not hold it any more, and where the offer ended with the watch."""
    until = _until(watch, who, policy, now)
    current = watch.at(now)
    if current.state == "held" and current.by == until.who:
        return None
    if current.to != until.who:
        raise Refusal("watch_not_offered")
    held = current.with_(by=until.who, until=until.at, to=None)
    return held, [events.accepted(held.id, held.area, until.who, until.at)]


def release(watch: Watch, who: str, now: datetime) -> Decision[Watch]:
    """Its holder gives it back before its end: nobody holds it. Raises Refusal for others."""
    current = watch.at(now)
    if current.by != who:
        raise Refusal("watch_not_yours")
    return _ended(current, who, now)


def follow_grants(
    watch: Watch, who: str, account: Account | None, now: datetime
) -> Decision[Watch] | None:
    """The grants of `who` have changed; `account` is None for one that was deleted. Without a grant
    for the area a holder's watch ends at once, and so does an offer to them; with one that ends
    sooner it ends with the grant. None where nothing changes."""
    current, may = watch.at(now), holds_until(account, watch.area, now)
    if current.by == who and may is None:
        return _ended(current, who, now)
    if current.by == who and current.until is not None and may is not None and may < current.until:
        shorter = current.with_(until=may)
        return shorter, [events.taken(shorter.id, shorter.area, who, may)]
    if current.to == who and current.by is not None and may is None:
        kept = current.with_(to=None)
        return kept, [events.offer_ended(kept.id, kept.area, current.by, who)]
    return None


def lapse(watch: Watch, now: datetime) -> Decision[Watch] | None:
    """None before its end, and if it has lapsed already."""
    if watch.by is None or watch.until is None or now < watch.until:
        return None
    lapsed = watch.with_(by=None, to=None)
    return lapsed, [events.lapsed(lapsed.id, lapsed.area, watch.by, watch.until)]


class _Until(NamedTuple):
    who: str
    at: datetime


def _until(
    watch: Watch, account: Account | None, policy: RegistrationPolicy, now: datetime
) -> _Until:
    """Until when they would hold it. Raises Refusal for who may not."""
    may = holds_until(account, watch.area, now)
    if account is None or may is None:
        raise Refusal("outside_area")
    return _Until(account.id, min(may, now + policy.watch))


def _ended(watch: Watch, by: str, now: datetime) -> Decision[Watch]:
    """Before its time."""
    ended = watch.with_(by=None, to=None, until=now)
    return ended, [events.lapsed(ended.id, ended.area, by, now)]


def state(watch: Watch) -> Sequence[Event]:
    """All that others keep of it: who holds it. Nobody does where they know nothing."""
    if watch.by is None or watch.until is None:
        return []
    return [events.taken(watch.id, watch.area, watch.by, watch.until)]
