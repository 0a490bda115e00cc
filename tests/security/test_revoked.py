"""What is taken back holds at once and in every service, while the access token that was handed out
has minutes left."""

import secrets
from collections.abc import Mapping

import httpx

from tests.journeys.station import Station
from tests.security.problems import assert_problem
from tests.support.client import API, Api, Person, ask, new_phone
from tests.support.demonstration import COMMUNITY, north_of_the_door
from tests.support.waiting import eventually

_AT_ONCE_S = 3.0
"""An event's way on a loaded machine."""
OWN = ("accounts/me", "log-entries", "hours-checks", "inbox")
"""A route of each service."""
_ELSEWHERE = "370102001"


class OldToken:
    """A token that is never renewed."""

    def __init__(self, who: Person) -> None:
        self._http = who.api.http
        self._headers = {"Authorization": f"Bearer {who.token}"}

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = self._headers | {"Idempotency-Key": secrets.token_hex(8)}
        return await self._http.request(method, f"{API}/{path}", headers=headers, json=body)

    async def statuses(self, *paths: str) -> Mapping[str, int]:
        return {path: (await self.ask("GET", path)).status_code for path in paths}

    async def soon_answers(self, status: int, *paths: str) -> None:
        await eventually(
            lambda: self.statuses(*paths),
            lambda found: {*found.values()} == {status},
            what=f"{status} everywhere",
            within=_AT_ONCE_S,
        )


async def test_after_signing_out_the_token_opens_nothing_anywhere(api: Api, station: Station):
    old = OldToken(await api.sign_in(new_phone()))
    assert 401 not in (await old.statuses(*OWN)).values()
    assert (await old.ask("DELETE", "sessions/current")).status_code == 204
    await old.soon_answers(401, *OWN)
    for path in OWN:
        assert assert_problem(await old.ask("GET", path), 401)["type"].endswith("session_ended")


async def test_a_role_holds_and_ends_at_once_without_a_new_token(api: Api, station: Station):
    person = await api.sign_in(new_phone())
    token, reports = OldToken(person), "queue"
    await token.soon_answers(403, reports)
    desk = await station.somebody("city desk")
    grant = {"account": person.id, "role": "committee", "area": f"{_ELSEWHERE}001"}
    await desk.person.post("grants", grant)
    await token.soon_answers(200, reports)
    path = f"grants/{person.id}/committee/{_ELSEWHERE}001"
    assert (await ask(api, desk.person, "DELETE", path)).status_code == 204
    await token.soon_answers(403, reports)


async def test_a_suspended_volunteer_writes_and_answers_nothing_more(station: Station):
    volunteer = await station.somebody("volunteer")
    token = OldToken(volunteer.person)
    entry = {"kind": "patrol", "text": "巡逻一圈，一切正常", "community": COMMUNITY}
    assert (await token.ask("POST", "log-entries", entry)).status_code == 201
    officer = await station.somebody("officer")
    await officer.person.post(f"volunteers/{volunteer.id}/suspend", {"reason": "待核实"})

    async def refused() -> httpx.Response:
        return await token.ask("POST", "log-entries", entry)

    answer = await eventually(
        refused, lambda answer: answer.status_code == 403, what="403", within=_AT_ONCE_S
    )
    assert_problem(answer, 403)
    place = {"location": north_of_the_door(0)}
    assert_problem(await token.ask("POST", "duty/start", place), 403)
