"""A long text holds up nobody else."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.incidents.policy import POLICIES
from services.incidents.routing import handlers
from services.incidents.routing.domain import RoutingInput
from services.incidents.routing.store import Examples

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(("text", "is_off"), [("楼下着火了", False), ("楼下着火了" * 400, True)])
async def test_a_long_text_is_read_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, text: str, is_off: bool
) -> None:
    threads: list[int] = []
    classify = handlers.classify

    def noted(*given: Any) -> Any:
        threads.append(threading.get_ident())
        return classify(*given)

    monkeypatch.setattr(handlers, "classify", noted)
    routing = handlers.RoutingHandlers(cast(Examples, None))
    found = await asyncio.wait_for(
        routing.classify(RoutingInput(text, None, "resident"), POLICIES.at(NOW), NOW), 10
    )
    assert found.route == "police"
    assert (threads != [threading.get_ident()]) == is_off
