"""Gives roles by hand and takes them back, and tells who did.

The giver's grants are read from the store: what this process has heard may be a moment old.
"""

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from chassis.errors import NotFound
from chassis.identity.guards import Principal, require
from chassis.kafka.subscriptions import Message
from chassis.personal.sealing import decrypt, encrypt
from contracts.access import Grant
from contracts.events.registration import GrantsChanged
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.store import Accounts
from services.registration.grant import domain
from services.registration.grant.domain import Leaving
from services.registration.grant.store import GrantLog, GrantLogEntry, StoredDepartures
from services.registration.policy import POLICIES
from services.registration.squad.store import Squads
from services.registration.station.store import Stations

_LEAVING_S = 60  # wall-clock seconds; longer than any request


class GrantLogHandlers:
    """Who gave and took which roles: written from the events, which are stored with the change.

    Reasons are sealed under the key of whom they concern: they end with it.
    """

    def __init__(self, log: GrantLog, accounts: Accounts) -> None:
        self._log, self._accounts = log, accounts

    async def keep_reason(self, account: str, reason: str | None, cause: Cause) -> str | None:
        """The id under which the reason is kept, before anything is changed because of it.

        Raises NotFound where there is no such account, or it was erased.
        """
        if reason is None:
            return None
        id, key = cause.derive("why"), await self._accounts.key_of(account)
        if key is None:
            raise NotFound(account)
        await self._log.keep_reason(id, account, encrypt(key, reason.encode(), _context(id)))
        return id

    async def reasons(self, pairs: Mapping[str, str]) -> Mapping[str, str]:
        """Of ids, each with the account that it concerns: id -> words, as far as nobody erased
        them."""
        found = await self._log.reasons(list(pairs))
        keys = await self._accounts.keys.of([pairs[id] for id in found])
        return {
            id: decrypt(keys[pairs[id]], sealed, _context(id)).decode()
            for id, sealed in found.items()
            if pairs[id] in keys
        }

    async def on_grants(self, event: GrantsChanged, message: Message) -> None:
        await self._log.write(event.account, event.changes, message.id)

    async def newest(
        self,
        who: Principal,
        account: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[GrantLogEntry]:
        """Up to `limit` + 1 entries, the latest first: of one account, or of all; of others, as far
        as the reader's areas go. Raises Refusal for what concerns others, without any area."""
        areas = [grant.area for grant in who.grants_for("grant.give")]
        if account != who.subject and not areas:
            raise Refusal("not_allowed")
        within = None if account == who.subject else areas
        entries = await self._log.newest(account, within, after, limit + 1)
        words = await self.reasons({entry.why: entry.account for entry in entries if entry.why})
        return [entry.with_(reason=words.get(entry.why or "")) for entry in entries]


class GrantHandlers:
    def __init__(
        self,
        accounts: Accounts,
        departures: StoredDepartures,
        squads: Squads,
        stations: Stations,
        log: GrantLogHandlers,
        clock: Clock,
    ) -> None:
        self._accounts, self._departures, self._squads = accounts, departures, squads
        self._stations, self._log, self._clock = stations, log, clock

    async def give(
        self, who: Principal, account: str, grant: Grant, reason: str | None, cause: Cause
    ) -> Account:
        await self.require_may_give(who.subject, grant.role, grant.area)
        if grant.role == "leader" or grant.squad is not None:
            await self._require_squad(grant.squad, grant.area)
        why = await self._log.keep_reason(account, reason, cause)
        held = HeldGrant(**grant.model_dump(), source="hand", given_by=who.subject, why=why)

        def decide(state: Account) -> Decision[Account] | None:
            now = self._clock.now()
            domain.require_one_person_gives(state, held, now)
            return domain.give(state, held, now, POLICIES.at(now))

        return await self._give(account, held, decide, cause)

    async def require_can_get(self, account: str, held: HeldGrant) -> None:
        """Raises NotFound, or Refusal as `domain.give` does."""
        now = self._clock.now()
        domain.give(await self._accounts.require(account), held, now, POLICIES.at(now))

    async def give_confirmed(self, account: str, held: HeldGrant, cause: Cause) -> Account:
        """What two people agreed on. Raises Refusal as `domain.give` does."""
        now = self._clock.now()
        return await self._give(
            account, held, lambda a: domain.give(a, held, now, POLICIES.at(now)), cause
        )

    async def _give(
        self,
        account: str,
        held: HeldGrant,
        decide: Callable[[Account], Decision[Account] | None],
        cause: Cause,
    ) -> Account:
        if held.until is None:
            return await self._accounts.change(account, decide, cause)
        # It may take the place of one without an end.
        async with self._another_stays(account, held.role, held.area) as another:

            def decide_end(state: Account) -> Decision[Account] | None:
                domain.require_another(state, held.role, held.area, another)
                return decide(state)

            return await self._accounts.change(account, decide_end, cause)

    async def holders(
        self, who: Principal, area: str | None, role: Role | None, after: str, limit: int
    ) -> list[domain.Holder]:
        """Up to `limit` + 1, by account, from beyond `after`. Raises Refusal for an area that the
        reader gives no roles in."""
        areas = [grant.area for grant in who.grants_for("grant.give")]
        if area is not None:
            require(who.may("grant.give", area))
            areas = [area]
        now = self._clock.now()
        found = await self._accounts.with_grants_by_hand(areas, role, now, after, limit + 1)
        return [domain.held_by_hand(account, areas, role, now) for account in found]

    async def _require_squad(self, id: str | None, area: str) -> None:
        """A leader's grant reveals the squad's names and phones: a squad of another station is not
        the giver's to give."""
        squad = None if id is None else await self._squads.get(id)
        station = None if squad is None else await self._stations.get(squad.station)
        if station is None or not station.overlaps(area):
            raise Refusal("squad_unknown", "body.squad")

    async def revoke(
        self,
        who: Principal,
        account: str,
        role: Role,
        area: str,
        reason: str | None,
        cause: Cause,
    ) -> None:
        await self.require_may_give(who.subject, role, area)
        why = await self._log.keep_reason(account, reason, cause)
        now = self._clock.now()
        async with self._another_stays(account, role, area) as another:

            def decide(state: Account) -> Decision[Account] | None:
                domain.require_another(state, role, area, another)
                return domain.revoke(state, role, area, who.subject, now, why)

            await self._accounts.change(account, decide, cause)

    @asynccontextmanager
    async def _another_stays(self, account: str, role: Role, area: str) -> AsyncGenerator[bool]:
        """Whether somebody besides the account holds the role without an end, if somebody must.

        First it is noted that the account is leaving, then the others are counted: of two who leave
        at once at least one sees the other, here or as one who has left.
        """
        if (role, area) not in domain.NEVER_EMPTY:
            yield True
            return
        blank, now = domain.departures_of(role, area), self._clock.now()
        since = now - self._clock.span(_LEAVING_S)
        request = secrets.token_hex(16)  # a repeat of the same one takes its turn again
        one = Leaving(request=request, account=account, at=now)
        noted = await self._departures.change(
            blank.id, lambda d: domain.leave(d, one, since), Cause(f"{request}:leave"), blank
        )
        try:
            leaving = [one.account for one in noted.leaving]
            yield await self._accounts.hold_without_end(role, area, besides=leaving)
        finally:
            await self._departures.change(
                blank.id, lambda d: domain.left(d, request), Cause(f"{request}:left")
            )

    async def holder(self, account: str) -> Principal:
        """The account with the grants that it holds now, as stored."""
        found = await self._accounts.get(account)
        held = found.grants_at(self._clock.now()) if found else ()
        return Principal(
            subject=account, session="", grants=tuple(grant.contract() for grant in held)
        )

    async def require_may_give(self, account: str, role: Role, area: str) -> None:
        giver = await self.holder(account)
        if giver.may("grant.give", area, "city_desk"):
            return
        if role not in domain.OFFICER_GIVES:
            raise Refusal("not_allowed")
        require(giver.may("grant.give", area))


def _context(reason: str) -> str:
    return f"grant reason:{reason}"
