"""What was taken back since the oldest access token that can still be in use.

Every process hears of it by a broadcast of the issuer's topic, and checks each request against it:
no call, no store. Why: docs/decisions/0028.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.identity.broadcast import Broadcast
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.telemetry.metrics import REVOCATIONS
from contracts.access import Grant, Principal
from contracts.events.registration import GrantsChanged, SessionRevoked

MAX_TOKEN_SECONDS = 900
"""No access token lives longer: the verifier refuses one that would."""
KEPT_SECONDS = MAX_TOKEN_SECONDS + 60
"""How long an entry counts. The rest is for clocks that differ."""
MAX_KEPT = 100_000
"""Sessions, and accounts: more than a hundred a second for as long as they count."""


class _Change(NamedTuple):
    """`version` is the account's: a token of an older one is out of date."""

    heard: float
    version: int
    grants: tuple[Grant, ...]


class Revocations:
    """Revoked sessions, and the grants of accounts whose grants changed.

    At most `bound` of each are kept. Where one more comes, the oldest goes, and tokens issued
    before that have to be renewed: nothing is let through for lack of room.
    """

    def __init__(self, clock: Clock, bound: int = MAX_KEPT) -> None:
        self._clock, self._bound = clock, bound
        self._sessions = OrderedDict[str, float]()
        """Session -> when it was heard; the latest last."""
        self._changes = OrderedDict[str, _Change]()
        self._complete_since = 0.0
        """Tokens issued before (Unix seconds) may be of an entry that had to go."""

    def broadcast(self, bootstrap: str) -> Broadcast:
        """What hears of them; to be run beside the service."""
        events = (
            Subscriptions()
            .on(SessionRevoked, self.on_session_revoked)
            .on(GrantsChanged, self.on_grants_changed)
        )
        return Broadcast(bootstrap, events, KEPT_SECONDS, self._clock.real)

    async def on_session_revoked(self, event: SessionRevoked, _: Message) -> None:
        self._sessions[event.session] = self._clock.real()
        self._forget(self._sessions, lambda heard: heard)
        REVOCATIONS.labels("sessions").set(len(self._sessions))

    async def on_grants_changed(self, event: GrantsChanged, _: Message) -> None:
        known = self._changes.pop(event.account, None)
        new = _Change(self._clock.real(), event.account_version, event.grants)
        self._changes[event.account] = (
            new if known is None or known.version <= new.version else known
        )
        self._forget(self._changes, lambda change: change.heard)
        REVOCATIONS.labels("grants").set(len(self._changes))

    def _forget(self, entries: OrderedDict[str, Any], heard_at: Callable[[Any], float]) -> None:
        """Drop what no token in use can be of any more, and what there is no room for."""
        counts_since = self._clock.real() - KEPT_SECONDS
        while entries:
            heard = heard_at(next(iter(entries.values())))
            if heard >= counts_since:
                if len(entries) <= self._bound:
                    return
                self._complete_since = max(self._complete_since, heard)
            entries.popitem(last=False)

    def apply(self, who: Principal) -> Principal:
        """Who they are by now: where their grants have changed since their token was issued, with
        those that hold.

        Raises Refusal (401) if their session was revoked, or their token has to be renewed.
        """
        if who.session in self._sessions:
            raise Refusal("session_ended")
        if who.issued < self._complete_since:
            raise Refusal("token_invalid")
        change = self._changes.get(who.subject)
        if change is None or change.version <= who.version:
            return who
        return who.with_grants(_holding(change.grants, self._clock.now()))


def _holding(grants: tuple[Grant, ...], now: datetime) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if grant.until is None or now < grant.until)
