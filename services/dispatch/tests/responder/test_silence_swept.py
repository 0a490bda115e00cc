"""Everybody on duty without a sign is reached, whatever becomes of those in front of them."""

from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import Conflict
from services.dispatch.position.store import Positions
from services.dispatch.responder.domain import Engagement, Responder
from services.dispatch.responder.handlers import ResponderHandlers
from services.dispatch.responder.store import Responders

SINCE = datetime.now(UTC) - timedelta(hours=9)


class Fakes:
    """Responders whose changes fail but for the last one, and no position of anybody."""

    def __init__(self, count: int) -> None:
        self.people = [
            Responder(
                id=f"acc_{n:04}",
                approved=True,
                station="sta_1",
                birth_year=1980,
                on_duty=True,
                duty_since=SINCE,
                sign_at=SINCE,
            )
            for n in range(count)
        ]
        self.asked = list[str]()
        self.tries = 0

    async def silent_since(self, _: datetime) -> AsyncGenerator[list[Responder], None]:
        for n in range(0, len(self.people), 100):
            yield self.people[n : n + 100]

    async def change(self, id: str, decide: Any, _: Cause) -> Responder:
        self.tries += 1
        if id != self.people[-1].id:
            raise Conflict("for ever")
        assert decide(self.people[-1]) is not None
        self.asked.append(id)
        return self.people[-1]

    async def note_signs(self, _: Mapping[str, datetime]) -> None:
        """There are none."""

    async def known_since(self, _: datetime) -> datetime:
        return SINCE

    async def seen(self, _: Collection[str]) -> Mapping[str, datetime]:
        return {}

    async def engagements(self, _: Collection[str]) -> Mapping[str, Engagement]:
        return {}

    def handlers(self) -> ResponderHandlers:
        responders, positions = cast(Responders, self), cast(Positions, self)
        return ResponderHandlers(responders, positions, self.engagements, Clock(""))


async def test_many_that_cannot_be_changed_hide_nobody_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 60.0)
    fakes = Fakes(251)
    handlers = fakes.handlers()
    await handlers.check_silence()
    assert fakes.asked == ["acc_0250"]
    tried = fakes.tries
    await handlers.check_silence()
    assert fakes.tries == tried + 1, "those that failed rest"
