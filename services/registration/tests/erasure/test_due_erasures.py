"""People whose time has come are erased, whatever lies in front of them."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from services.registration.account.domain import Account
from services.registration.account.store import Accounts
from services.registration.erasure.handlers import ErasureHandlers
from services.registration.tests.erasure.test_erasure_domain import NOW, asked, volunteer


class Fakes:
    """Accounts: many that nobody can read, and somebody behind them who is to be erased."""

    def __init__(self) -> None:
        self.account = asked(volunteer())
        self.tries = 0

    async def due_for_erasure(self, _: datetime) -> AsyncGenerator[tuple[str, datetime], None]:
        for n in range(250):
            yield f"acc_{n:04}", NOW
        yield self.account.id, NOW

    async def next_erasure(self, _: datetime) -> datetime | None:
        return None

    async def change(self, id: str, decide: Any, _: Cause) -> Account:
        self.tries += 1
        if id != self.account.id:
            raise ValueError("of a later release")
        if (decision := decide(self.account)) is not None:
            self.account = decision[0]
        return self.account

    def handlers(self, clock: Clock) -> ErasureHandlers:
        unused = cast(Any, self)
        return ErasureHandlers(cast(Accounts, self), unused, unused, unused, unused, unused, clock)


async def test_accounts_that_cannot_be_read_hide_nobody_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 60.0)
    fakes = Fakes()
    later = NOW.replace(year=NOW.year + 1)
    handlers = fakes.handlers(Clock(f"{later.isoformat()}@1@{Clock().real()}"))
    assert await handlers.erase_due() is not None, "those that failed are tried again"
    assert fakes.account.erased_at is not None
    tried = fakes.tries
    await handlers.erase_due()
    assert fakes.tries == tried + 1, "but not at once"
