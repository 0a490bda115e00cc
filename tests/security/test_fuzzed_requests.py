"""Whatever is sent, there is no server error and no answer that the OpenAPI document does not
describe."""

import asyncio
from itertools import cycle, islice

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from tests.security.fuzz_values import FuzzValues
from tests.security.fuzzing import Caller, Case, Operation, cases, operations, send
from tests.security.staff import Staff, headers_of
from tests.support.client import Api, new_phone
from tests.support.platform import WholePlatform

EXAMPLES, CALLERS = 4, 2
"""Requests for each operation, and how many roles send each: every role sends one."""
SIGNS_OUT = "DELETE /api/v1/sessions/current"
MANY = 40
"""Requests in the long form; every role sends each."""
SUPPRESSED = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


@pytest.fixture
async def callers(api: Api, staff: Staff, request: pytest.FixtureRequest) -> list[Caller]:
    """Of every role, the anonymous one last. Who signs out is somebody whom no other test needs:
    that holds at once."""
    operation: Operation = request.node.callspec.params["operation"]
    if operation.label == SIGNS_OUT:
        newcomer = await api.sign_in(new_phone())
        signed_in = [Caller("resident", await newcomer.headers())]
    else:
        signed_in = [Caller(role, await headers_of(staff, role)) for role in [*staff]]
    return [*signed_in, Caller("anonymous", {})]


class Fuzzer:
    def __init__(self, values: FuzzValues, callers: list[Caller], url: str) -> None:
        self._values, self._callers, self._url = values, callers, url
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self, operation: Operation, examples: int, callers: int) -> None:
        turn = cycle(self._callers)

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=SUPPRESSED,
        )
        @given(case=cases(operation, self._values))
        def each(case: Case) -> None:
            for caller in islice(turn, callers):
                send(case, caller, self._session, self._url)

        with self._session:
            each()


@pytest.fixture
def fuzzer(values: FuzzValues, callers: list[Caller], platform: WholePlatform) -> Fuzzer:
    return Fuzzer(values, callers, platform.gateway_url)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
async def test_answers_are_as_documented(operation: Operation, fuzzer: Fuzzer) -> None:
    await asyncio.to_thread(fuzzer.run, operation, EXAMPLES, CALLERS)


@pytest.mark.long
@pytest.mark.faults
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
async def test_answers_are_as_documented_many_times(
    operation: Operation, fuzzer: Fuzzer, callers: list[Caller]
) -> None:
    await asyncio.to_thread(fuzzer.run, operation, MANY, len(callers))
