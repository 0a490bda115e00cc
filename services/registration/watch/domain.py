"""The duty of answering for an area now: free, held for some hours, offered to another officer,
lapsed."""

from datetime import datetime
from typing import Literal

from chassis.domain import Aggregate, Decision, Refusal
from contracts.access import PERMISSIONS
from jinan.areas import covers
from jinan.divisions import kind_of, names
from services.registration.account.domain import Account
from services.registration.policy import RegistrationPolicy
from services.registration.watch import events

WatchState = Literal["free", "held", "offered", "lapsed"]


class Watch(Aggregate):
    """`by` holds it until `until`, and has offered it `to`. One that lapsed keeps `until`."""

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


def may_hold(account: Account, area: str, now: datetime) -> bool:
    return any(
        grant.role in PERMISSIONS["watch.hold"] and covers(grant.area, area)
        for grant in account.grants_at(now)
    )


def take(
    watch: Watch, who: str, policy: RegistrationPolicy, now: datetime
) -> Decision[Watch] | None:
    """None for who holds it already. Raises Refusal while somebody else does."""
    ended = lapse(watch, now)
    current, before = ended or (watch, ())
    if current.by == who:
        return None
    if current.by is not None:
        raise Refusal("watch_held")
    taken = current.with_(by=who, until=now + policy.watch)
    return taken, [*before, events.taken(taken.id, taken.area, who, now + policy.watch)]


def offer(watch: Watch, who: str, to: Account | None, now: datetime) -> Decision[Watch] | None:
    """To one officer at a time: the last offer counts. None if it is offered to them already.

    Raises Refusal for who does not hold it, and for who may not hold it next.
    """
    current = watch.at(now)
    if current.by != who:
        raise Refusal("watch_not_yours")
    if to is None or to.id == who or not may_hold(to, watch.area, now):
        raise Refusal("watch_to_nobody", "body.to")
    if current.to == to.id:
        return None
    offered = current.with_(to=to.id)
    return offered, [events.offered(offered.id, offered.area, who, to.id)]


def accept(
    watch: Watch, who: str, policy: RegistrationPolicy, now: datetime
) -> Decision[Watch] | None:
    """A new watch begins. None for who holds it already; raises Refusal for who was not offered
    it, and where the offer ended with the watch."""
    current = watch.at(now)
    if current.state == "held" and current.by == who:
        return None
    if current.to != who:
        raise Refusal("watch_not_offered")
    held = current.with_(by=who, until=now + policy.watch, to=None)
    return held, [events.accepted(held.id, held.area, who, now + policy.watch)]


def lapse(watch: Watch, now: datetime) -> Decision[Watch] | None:
    """None before its end, and if it has lapsed already."""
    if watch.by is None or watch.until is None or now < watch.until:
        return None
    lapsed = watch.with_(by=None, to=None)
    return lapsed, [events.lapsed(lapsed.id, lapsed.area, watch.by, watch.until)]
