"""A report whose volunteer is on scene: what strangers must neither read nor change."""

import io
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image

from chassis.clock import Clock
from simulation.people import DOOR
from tests.security.staff import planned
from tests.support.client import Api, Json, Person, ask, new_phone, start_duty, upload_photo
from tests.support.demonstration import STATION, demonstration, report_body, volunteers
from tests.support.waiting import eventually

PLACE: Json = {"longitude": DOOR[0] + 0.00213, "latitude": DOOR[1] + 0.00117, "datum": "wgs84"}
_WITHIN_S = 60.0
_SECRET = ("report", "callout", "message", "account", "reporter", "number", "phone", "session")
"""Ids that no answer to a stranger may contain."""


@dataclass(frozen=True)
class CalloutUnderWay:
    """`ids`: by what they identify. `secrets`: what no answer to a stranger may contain."""

    ids: dict[str, str]
    secrets: list[str]


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def callout_under_way(api: Api, clock: Clock) -> AsyncGenerator[CalloutUnderWay]:
    reporter = await api.sign_in(new_phone())
    volunteer = await api.sign_in(_volunteer_of_another_squad())
    # Everyday words: nobody is asked to look at it, and nothing changes by itself.
    text, note = (
        f"想请人帮忙把东西搬上楼{secrets.token_hex(6)}",
        f"东西在一楼{secrets.token_hex(6)}",
    )
    await start_duty(volunteer, PLACE)
    report = await _file(reporter, text, note)
    alert = await _alert(volunteer, report["id"], clock)
    callout = f"callouts/{alert['callout']}"
    try:
        await volunteer.post(f"inbox/{alert['id']}/read")
        await volunteer.post(f"{callout}/accept")
        await volunteer.post(f"{callout}/arrive")
        await eventually(
            lambda: reporter.get(f"reports/{report['id']}"),
            lambda view: view["state"] == "on_scene",
            what="on scene",
            within=_WITHIN_S,
        )
        ids = await _ids(reporter, volunteer, report, alert)
        place = [f"{PLACE['longitude']:.5f}", f"{PLACE['latitude']:.5f}"]
        hidden = [*(ids[name] for name in _SECRET), text, note, *place, reporter.phone]
        yield CalloutUnderWay(ids, hidden)
    finally:
        await ask(api, volunteer, "POST", f"{callout}/finish", json={"outcome": "solved"})
        await ask(api, volunteer, "POST", "duty/end")


def _volunteer_of_another_squad() -> str:
    """The phone of one whose leader is none of the staff."""
    plan = demonstration()
    squad = planned(plan)["leader"].squad
    return next(p.phone for p in reversed(volunteers(plan)) if p.squad != squad)


async def _file(reporter: Person, text: str, note: str) -> Json:
    """A report with a photo and a note. `photo` is added to what it answers."""
    photo = await upload_photo(reporter, png())
    more: Json = {"location": PLACE, "people_needed": 1, "photo": photo}
    report = await reporter.post("reports", report_body(text, "assistance", **more))
    await reporter.post(f"reports/{report['id']}/notes", {"text": note})
    return report | {"photo": photo}


async def _alert(volunteer: Person, report: str, clock: Clock) -> Json:
    async def alert() -> Json | None:
        position = PLACE | {"at": clock.now().isoformat()}
        await volunteer.post("positions", {"positions": [position]})
        messages: list[Json] = (await volunteer.get("inbox"))["items"]
        alerts = (m for m in messages if m["report"] == report and m["kind"] == "alert")
        return next(alerts, None)

    return await eventually(alert, what="alert", within=_WITHIN_S)


async def _ids(reporter: Person, volunteer: Person, report: Json, alert: Json) -> dict[str, str]:
    me: Any = await volunteer.get("accounts/me")
    sessions = await reporter.get("sessions")
    return {
        "report": report["id"],
        "callout": alert["callout"],
        "message": alert["id"],
        "message_to_all": alert["id"].partition("-")[0],
        "account": volunteer.id,
        "reporter": reporter.id,
        "session": sessions["items"][0]["id"],
        "number": report["number"],
        "squad": me["volunteer"]["squad"],
        "station": STATION,
        "phone": volunteer.phone,
        "photo": report["photo"],
    }
