"""The staff of the demonstration station, and real values for fuzzed requests."""

from collections.abc import AsyncGenerator

import pytest

from tests.security.fuzz_values import FuzzValues, fuzz_values
from tests.security.staff import Staff, signed_in_staff
from tests.support.client import Api
from tests.support.demonstration import SignIns


@pytest.fixture(scope="package")
async def staff(sign_ins: SignIns) -> Staff:
    return await signed_in_staff(sign_ins)


@pytest.fixture(scope="package")
async def values(api: Api, staff: Staff) -> AsyncGenerator[FuzzValues]:
    async with fuzz_values(api, staff) as found:
        yield found
