"""Holds an account to its number of reports. A file of its own because `handlers.py` would exceed
300 lines with it."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from weakref import WeakValueDictionary

from chassis.clock import Clock
from chassis.domain import Refusal
from contracts.vocabulary import Danger
from services.incidents.policy import POLICIES
from services.incidents.report.domain.filing_limit import DAY, max_per_day, wait
from services.incidents.report.store import Reports


class FilingLimit:
    """One account's reports are stored one after another on each replica, so that the count is
    exact there; of several replicas each lets pass one too many at most.

    An anonymous report is stored without its account: those are counted in memory, by each replica
    for itself, and forgotten with it; they count with the others. Who has no account is limited by
    address (`FilingHandlers`).
    """

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports, self._clock = reports, clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._anonymous: dict[str, dict[str, datetime]] = {}
        """Account -> id of the report -> when."""

    @asynccontextmanager
    async def room_for(
        self, id: str, account: str | None, danger: Danger, *, anonymous: bool
    ) -> AsyncGenerator[None]:
        """The report is stored inside. Raises Refusal where the account filed too many."""
        if account is None:
            yield
            return
        async with self._locks.setdefault(account, asyncio.Lock()):
            now = self._clock.now()
            most = max_per_day(danger, POLICIES.at(now))
            named = await self._reports.filed_since(account, now - DAY, most)
            filed = sorted([*named, *self._kept(account, now)], reverse=True)
            await self._require_room(id, filed, danger, now)
            yield
            if anonymous:
                self._anonymous.setdefault(account, {}).setdefault(id, now)

    async def _require_room(
        self, id: str, filed: Sequence[datetime], danger: Danger, now: datetime
    ) -> None:
        left = wait(filed, danger, POLICIES.at(now), now)
        if left is None or await self._reports.get(id):  # a repeat files nothing more
            return
        seconds = math.ceil(left.total_seconds())
        raise Refusal(
            "too_many_reports",
            retry_after=math.ceil(self._clock.seconds(seconds)),
            minutes=math.ceil(seconds / 60),
        )

    def _kept(self, account: str, now: datetime) -> list[datetime]:
        """When the account filed anonymously within a day."""
        filed = self._anonymous.pop(account, {})
        recent = {id: at for id, at in filed.items() if at > now - DAY}
        if recent:
            self._anonymous[account] = recent
        return list(recent.values())
