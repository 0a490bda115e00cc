"""Decides who answers, with a second opinion where there is one; keeps what officers correct."""

import asyncio
from datetime import datetime

from chassis.domain import Cause
from contracts.vocabulary import Category, Route
from services.incidents.policy import IncidentsPolicy
from services.incidents.routing.domain import RoutingDecision, RoutingInput, classify
from services.incidents.routing.domain.examples import example_of
from services.incidents.routing.domain.opinion import raised
from services.incidents.routing.second_opinion import SecondOpinion
from services.incidents.routing.store import Examples

_AT_ONCE = 200
"""Characters that are read in less time than a thread takes to be worth it: 3 ms."""


class RoutingHandlers:
    def __init__(self, examples: Examples, second: SecondOpinion | None = None) -> None:
        self._examples, self._second = examples, second

    async def classify(
        self, given: RoutingInput, policy: IncidentsPolicy, now: datetime
    ) -> RoutingDecision:
        decision = await _classified(given, policy, now)
        if self._second is None or (decision.route == "police" and decision.triage is None):
            return decision
        words = f"{given.before}\n{given.text}" if given.before else given.text
        return raised(decision, await self._second.of(words))

    async def learn(
        self,
        report: str,
        given: RoutingInput,
        category: Category,
        route: Route,
        policy: IncidentsPolicy,
        at: datetime,
        cause: Cause,
    ) -> None:
        """An officer chose `category` and `route` for what was decided `at` under this policy: an
        example for the next training. A choice that agrees teaches as well."""
        example = example_of(given, await _classified(given, policy, at), category, route)
        await self._examples.keep(cause.derive("exa"), report, example)


async def _classified(
    given: RoutingInput, policy: IncidentsPolicy, now: datetime
) -> RoutingDecision:
    """A long text takes tens of milliseconds, in which other requests go on."""
    if len(given.text) + len(given.before or "") <= _AT_ONCE:
        return classify(given, policy, now)
    return await asyncio.to_thread(classify, given, policy, now)
