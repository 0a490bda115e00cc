"""On real servers: duty as dispatch published it, in whatever order it arrives."""

from datetime import timedelta

import pytest

from contracts.events.dispatch import DutyEnded, DutyStarted
from services.notify.replicas.store import Duty
from services.notify.tests.conftest import Notify, eventually

pytestmark = pytest.mark.servers


async def test_a_late_fact_about_duty_changes_nothing(notify: Notify):
    person, duty = notify.new("acc"), Duty(notify.service.store)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=1)
    await eventually(lambda: duty.is_off_duty(person))
    await notify.publish(
        DutyStarted(volunteer=person, station="sta"), person, seq=9, at=timedelta(minutes=-5)
    )
    other = notify.new("acc")
    # With the same key, so processed after it.
    await notify.publish(DutyStarted(volunteer=other, station="sta"), person)
    await eventually(lambda: _is_known_on_duty(notify, other))
    assert await duty.is_off_duty(person)


async def _is_known_on_duty(notify: Notify, person: str) -> bool:
    duty = notify.service.store.database["duty"]
    return await duty.find_one({"_id": person, "on": True}) is not None
