"""What a volunteer sees of the own call: nothing exact, and nobody else, before they accept."""

import pytest

from chassis.domain import Cause
from jinan.coordinates import Point
from services.dispatch.callout.store import Callouts
from services.dispatch.current_call.domain import companions, place, seconds_left
from services.dispatch.tests.calls import LATE, NOW, SOON, accepted, called
from services.dispatch.tests.town import town
from tests.support.backend import Backend


def test_before_accepting_there_is_time_left_and_no_place():
    callout = called("a", "b")
    own = callout.candidate("a")
    assert own is not None
    assert seconds_left(own, NOW) == int((own.expires_at - NOW).total_seconds()) > 0
    assert seconds_left(own, own.expires_at) == 0
    assert seconds_left(own, LATE.replace(year=LATE.year + 1)) == 0
    assert (place(callout, own), companions(callout, own)) == (None, ())


def test_after_accepting_there_are_the_place_and_the_others_who_come():
    callout = accepted("a", "b")
    own = callout.candidate("a")
    assert own is not None
    assert seconds_left(own, SOON) is None
    assert place(callout, own) == Point(116.94, 36.67)
    assert [(one.state, one.same_squad) for one in companions(callout, own)] == [("accepted", True)]


@pytest.mark.servers
async def test_the_own_call_in_one_read(backend: Backend):
    async with town(backend, rate=1) as place_:
        asked, coming = (
            called("acc_a", "acc_b"),
            accepted("c", "d").with_(id="cal_2", report="rep_2"),
        )
        for callout in (asked, coming):
            await Callouts(place_.service.store).add(callout, [], Cause(callout.id))

        async def current(who: str):
            answer = await place_.request("GET", "callouts/current", who)
            assert answer.status_code == 200, answer.text
            return answer.json()["call"]

        call = await current("acc_a")
        assert (call["callout"], call["state"], call["still_needed"]) == ("cal_1", "called", 2)
        assert (call["report"], call["place"], call["companions"]) == (None, None, None)
        call = await current("c")
        assert (call["callout"], call["report"], call["seconds_left"]) == ("cal_2", "rep_2", None)
        assert (call["place"]["longitude"], call["place"]["latitude"]) == (116.94, 36.67)
        assert [one["state"] for one in call["companions"]] == ["accepted"]
        assert set(call["companions"][0]) == {"state", "state_text", "same_squad", "accepted_at"}
        assert await current("acc_nobody") is None
        refused = await place_.request("GET", "callouts/current", "acc_r", role="resident")
        assert refused.status_code == 403
