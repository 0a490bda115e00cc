"""Whoever asks whatever: no server error, and nothing that the OpenAPI document does not tell."""

from itertools import cycle, islice

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from tests.security.town import Town
from tests.security.wire import Case, Operation, ask, cases, operations
from tests.support.platform import WholePlatform

EXAMPLES, ASKING = 4, 2
"""Requests for each operation, and how many roles send each, in turn: every role sends one."""
MANY = 40
"""Requests in the long form; every role sends each."""
QUIET = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


def fuzzed(
    operation: Operation,
    town: Town,
    session: requests.Session,
    url: str,
    examples: int,
    asking: int,
) -> set[int]:
    """Sends them; gives the statuses that came."""
    statuses: set[int] = set()
    turn = cycle(town.people.values())

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=QUIET,
    )
    @given(case=cases(operation, town))
    def each(case: Case) -> None:
        statuses.update(ask(case, who, session, url).status_code for who in islice(turn, asking))

    each()
    return statuses


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_answers_are_as_documented(
    operation: Operation, town: Town, session: requests.Session, platform: WholePlatform
) -> None:
    fuzzed(operation, town, session, platform.gateway_url, EXAMPLES, ASKING)


@pytest.mark.long
@pytest.mark.faults
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_answers_are_as_documented_many_times(
    operation: Operation, town: Town, session: requests.Session, platform: WholePlatform
) -> None:
    fuzzed(operation, town, session, platform.gateway_url, MANY, len(town.people))
